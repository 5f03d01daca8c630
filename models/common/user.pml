/* What mutex, rw-lock and condition share above the owner word. */

inline unlock() {
  if
  :: word & I -> give_back(UNRECOVERABLE)       /* never made consistent */
  :: else -> give_back(0)
  fi
}

inline make_consistent() {
  do
  :: w = word;
     atomic {
       exchange(w & ~I);                                                                        /* [mutex.consistent] */
       if
       :: swapped -> swapped = false; w = 0; break
       :: else
       fi
     }
  od
}

/* Whatever was in the registers of a process is gone. */
inline forget() {
  i = 0; seat = 0; mine = 0; w = 0; result = again;
  alive = false; swapped = false; futexes = false; watchers = false
}

inline leave() {
  d_step {
    living[me] = false; awake(me); finished++
  }
}
