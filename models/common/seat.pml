/*
 * A seat: a byte lock that ends with its process, and an entry that tells one occupant of the seat from the next.
 *
 * Needs in the process: byte me, i, seat; bool alive; and inlines of the model: `death_hook()` is what the mark of an
 * occupant that died means to it, `fresh_entry()` clears what else it keeps for each seat; `numbering()` and `clearing()`
 * keep its books at the steps that number and release a seat.
 */

inline take_seat() {
  do
  :: atomic { seat < SEATS && holder[seat] == 0 -> holder[seat] = me + 1; break }               /* [seat.locked] */
  :: atomic { seat < SEATS && holder[seat] != 0 -> seat++ }
  :: seat == SEATS -> seat = 0                                       /* all taken: the code gives up, we go round */
  od;
#ifdef BROKEN_NUMBER_BEFORE_HOOK
  i = entry[seat];
  number_seat();
  if
  :: i & OCCUPIED -> i = 0; death_hook()
  :: else -> i = 0
  fi;
#else
  if
  :: entry[seat] & OCCUPIED -> death_hook()
  :: else
  fi;
  number_seat();
#endif
  fresh_entry();
#ifndef BROKEN_SILENT_SEAT
  ring(0)                                                                                       /* [seat.told] */
#endif
}

inline number_seat() {
  d_step {                                                                                      /* [seat.numbered] */
    assert((entry[seat] & 7) < 7);
    numbering();
    entry[seat] = OCCUPIED | ((entry[seat] & 7) + 1)
  }
}

/* A clean close: the mark goes first, then the byte, then the close event comes. */
inline release_seat() {
#ifdef BROKEN_UNLOCK_BEFORE_MARK
  d_step { holder[seat] = 0 }
  d_step { clearing(); entry[seat] = entry[seat] & ~OCCUPIED }                                  /* [seat.released] */
#else
  d_step { clearing(); entry[seat] = entry[seat] & ~OCCUPIED }                                  /* [seat.released] */
  d_step { holder[seat] = 0 }
#endif
  d_step {
    living[me] = false;
    for (i : 0 .. (N - 1)) { event[i] = event[i] || (ready[i] && !FUTEX(i)); due[i] = due[i] || ready[i] }
    i = 0
  }
}

/* Asked with an entry that was read from a lock word: does that occupant of the seat still live? */
inline ask_alive(k, e) {
#ifdef BROKEN_EPOCH_IGNORED
  alive = (entry[k] & OCCUPIED) != 0;
#else
  alive = entry[k] == (e);
#endif
  d_step {
    if
    :: alive && k != seat -> alive = byte_taken(k, me)
    :: else
    fi
  }
}

/* Did the occupant that the entry `e` names die? A clean close between the two looks at the entry is no death. */
inline ask_dead(k, e) {
  d_step { dead = (e & OCCUPIED) && !byte_taken(k, me) }
#ifndef BROKEN_ONE_LOOK_AT_ENTRY
  if
  :: d_step { dead -> dead = entry[k] == e }
  :: else
  fi
#endif
}

/* At the beginning every process has its seat, and all are there before the first one moves. */
inline seat_all(p) {
  for (p : 0 .. (N - 1)) {
    living[p] = true; holder[p] = p + 1; entry[p] = OCCUPIED | 1
  }
}
