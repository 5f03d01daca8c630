/*
 * The owner word of the mutex, of a condition's mutex and of an rw-lock's writer: [W | I | seat + 1 | entry].
 *
 * Needs in the process: short w; mtype result; bool alive, swapped; byte mine; and two inlines that keep the model's books:
 * `taken_by(told)` at the step that makes us the owner, `given_back()` at the step that ends it.
 */
#ifndef WORD_BELL
#define WORD_BELL 0             /* where its waiters sleep */
short word;
#endif
#define W 512                   /* somebody waits: the owner has to ring */
#define I 256                   /* an owner died and what is guarded may be damaged */
#define UNRECOVERABLE (7 << 4)  /* in place of the seat: for ever */
#define SEAT(w) (((w) >> 4) & 7)
#define ENTRY(w) ((w) & 15)     /* an entry that has lost its mark equals no owner's */

mtype = { again, free, held, ours, busy, refused };

#ifdef BROKEN_DEATH_UNREPORTED
#define TOLD 0
#else
#define TOLD I
#endif

/* A failed exchange is no answer: somebody was faster, so look again. Busy without W set means that nobody rings. */
#ifdef BROKEN_BUSY_AFTER_LOST_EXCHANGE
#define LOST w = 0; result = busy; break
#else
#define LOST result = again
#endif

/* Compare and exchange, within one step. */
inline exchange(next) {
  swapped = word == w;
  word = (swapped -> (next) : word)
}

inline attempt() {
  do
  :: atomic {
       w = word;
       if
       :: SEAT(w) == 0 -> result = free
       :: SEAT(w) == SEAT(UNRECOVERABLE) -> w = 0; result = refused; break
       :: else -> result = held
       fi
     }
     if
     :: atomic { result == free ->
          exchange(mine | (w & (W | I)));                                                       /* [mutex.locked] */
          if
          :: swapped -> swapped = false; taken_by(w & I); w = 0; result = ours; break
          :: else -> LOST
          fi }
     :: result == held ->
        ask_alive(SEAT(w) - 1, ENTRY(w));
        if
        :: atomic { !alive ->
             exchange(mine | TOLD | W);                                                         /* [mutex.inherited] */
             if
             :: swapped -> swapped = false; taken_by(TOLD); w = 0; result = ours; break
             :: else -> LOST
             fi }
        :: atomic { alive && !(w & W) ->
             exchange(w | W);                                                                   /* [mutex.waiting] */
             alive = false;
             if
             :: swapped -> swapped = false; w = 0; result = busy; break
             :: else -> LOST
             fi }
        :: atomic { alive && (w & W) -> alive = false; w = 0; result = busy; break }
        fi
     fi
  od
}

/* Our word becomes `next`, whoever has set W meanwhile; who waits is told. */
inline give_back(next) {
  do
  :: d_step { w = word; assert((w & ~(W | I)) == mine) }
     atomic {
#ifdef BROKEN_BLIND_UNLOCK
       swapped = true; word = next;
#else
       exchange(next);                                                                          /* [mutex.unlocked] */
#endif
       if
       :: swapped -> swapped = false; given_back(); w = w & (W | I); break
       :: else
       fi
     }
  od;
  if
  :: w != 0 -> w = 0; ring(WORD_BELL)
  :: else
  fi
}
