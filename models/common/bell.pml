/*
 * The bell: a ringer stores first and rings then; a sleeper sets its flag first and looks again then.
 * `sleepers` of the segment is the two flags here, its `sequence` is moved[]: what matters is only whether it is still
 * what the sleeper read.
 *
 * Needs in the process: byte me, i; bool futexes, watchers.
 */
#ifndef BELLS
#define BELLS 1
#endif
bool futexFlag[BELLS], watchFlag[BELLS];

inline count(b) {
  d_step {                                                                                      /* [bell.counted] */
    for (i : 0 .. (N - 1)) { moved[i] = moved[i] || (ready[i] && at[i] == b && FUTEX(i)) }
    i = 0
  }
}

inline take_flags(b) {
  d_step { futexes = futexFlag[b]; watchers = watchFlag[b];                                     /* [bell.taken] */
#ifdef BROKEN_NO_EXCHANGE
  }
  d_step {
#endif
    futexFlag[b] = false; watchFlag[b] = false }
}

inline tell_watchers(b) {
  for (i : 0 .. (N - 1)) { event[i] = event[i] || (ready[i] && at[i] == b && !FUTEX(i)) }
  i = 0
}

/* The sequence moves after the flags are taken: a sleeper whose flag was taken has then read the old one, and its
   futex_wait returns at once. The other way round it could read the new one, lose its flag, and sleep.
   Where no flag is set there is nothing to do: who sets one later looks again. */
inline ring(b) {
  if
  :: !futexFlag[b] && !watchFlag[b]
  :: else ->
#ifdef BROKEN_COUNT_FIRST
     count(b); take_flags(b);
#else
     take_flags(b); count(b);
#endif
     d_step {
       if
       :: futexes ->
          for (i : 0 .. (N - 1)) { asleep[i] = asleep[i] && at[i] != b }
          i = 0; futexes = false
       :: else
       fi
     }
     d_step {
       if
       :: watchers -> tell_watchers(b); watchers = false                                        /* [bell.rung] */
       :: else
       fi
     }
  fi
}

/* Watch before flag, sequence before flag. The second look follows. */
inline get_ready(b) {
#ifdef BROKEN_WATCH_AFTER_FLAG
  set_flag(b); prepare(b)
#else
  prepare(b); set_flag(b)
#endif
}

inline prepare(b) {
  d_step {
    at[me] = b; ready[me] = true;
#ifndef BROKEN_TIMED_LOOKS_AFTER_EVENT_ONLY
    due[me] = TIMED_LOOKS && ghosts > 0
#endif
  }
}

inline set_flag(b) {
  d_step {                                                                                      /* [bell.flagged] */
    futexFlag[b] = futexFlag[b] || FUTEX(me);
    watchFlag[b] = watchFlag[b] || !FUTEX(me)
  }
}

/*
 * A futex sleeper wakes every slice, an inotify sleeper has timed looks (1, 10, 100 ms) from the start of its sleep and
 * from every close event. Those looks would hide a lost wake-up from this model, so the only one left is the one the
 * protocol relies on: `due`, after a death, when the byte has come free.
 */
inline wait_for_ring() {
  d_step { asleep[me] = FUTEX(me) && !moved[me] }                                               /* [bell.looked] */
  d_step { event[me] || (FUTEX(me) && !asleep[me]) || (due[me] && ghosts == 0) ->
#ifdef BROKEN_TIMED_LOOKS_AFTER_EVENT_ONLY
    watchers = due[me] && ghosts > 0; awake(me); due[me] = watchers; watchers = false
#else
    awake(me)
#endif
  }
}
