/*
 * The rw-lock: the mutex's owner word for the writer, one share per seat for the readers.
 *
 * A writer claims the word first and looks at the shares then; a reader sets its share first and looks at the word then.
 * Safety: a writer is alone; readers are with readers only; the death of a writer (also of one that only claimed) is told
 * to the next who gets in, reader or writer, and to nobody if no writer died. A dead reader's share does not count.
 * Liveness: at rest nobody is left waiting, and it always comes to rest.
 */
#ifndef N
#define N 3
#endif
#ifndef SEATS
#define SEATS 3
#endif
#ifndef KILLS
#define KILLS 0
#endif
#ifndef RESTARTS
#define RESTARTS 0
#endif
#ifndef FUTEXES
#define FUTEXES 1
#endif
#ifndef WRITERS
#define WRITERS 1               /* the first ones write, the others read */
#endif
#ifndef IMPATIENT
#define IMPATIENT false         /* a writer may give up while it waits for readers to leave */
#endif

#include "common/kernel.pml"
#include "common/bell.pml"
#include "common/seat.pml"

byte share[SEATS];              /* the entry of the reader that has the seat, or 0 */

byte claimed;                   /* the owner of the word + 1 */
byte writing;                   /* the writer that is alone + 1 */
bool reading[N];
bool owed;                      /* a writer died: the next one has to be told */
byte finished;

inline at_rest() { assert(finished == N) }

inline at_death(p) {
  if
  :: claimed == p + 1 -> claimed = 0; writing = 0; owed = true
  :: else
  fi;
  reading[p] = false
}

inline death_hook() { skip }

inline numbering() { skip }

inline fresh_entry() { share[seat] = 0 }

inline taken_by(told) {
  assert(claimed == 0);
  assert(((told) != 0) == owed);
  claimed = me + 1;
  owed = false
}

inline given_back() { claimed = 0; writing = 0 }

#include "common/owner.pml"
#include "common/user.pml"

mtype = { exclusive };          /* a reader has to claim the word: there is a death to be told */

inline begin_reading() {
  assert(writing == 0 && !owed);
  reading[me] = true
}

inline read_attempt() {
  do
  :: atomic {
       w = word;
       if
       :: w == 0 -> result = free
       :: SEAT(w) == SEAT(UNRECOVERABLE) -> w = 0; result = refused; break
       :: SEAT(w) == 0 && w != 0 -> w = 0; result = exclusive; break
       :: else -> result = held
       fi
     }
     if
     :: d_step { result == free -> share[seat] = entry[seat] }                                  /* [rw.flagged] */
        if
#ifdef BROKEN_NO_SECOND_WORD
        :: atomic { begin_reading(); result = ours; break }
#else
        :: atomic { word == 0 -> begin_reading(); result = ours; break }                        /* [rw.reading] */
#endif
        :: word != 0 -> d_step { share[seat] = 0; result = again }                              /* [rw.retreated] */
#ifndef BROKEN_SILENT_RETREAT
           ring(0)
#endif
#ifdef BROKEN_BUSY_AFTER_RETREAT
           ; atomic { event[me] = false; moved[me] = false; result = busy; break }    /* deaf to its own ring */
#endif
        fi
     :: result == held ->
        ask_alive(SEAT(w) - 1, ENTRY(w));
        if
        :: atomic { !alive -> w = 0; result = exclusive; break }
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

/* Phase 2 of a writer: busy while a reader that lives has its share. */
inline drain() {
  k = 0;
  do
  :: d_step { k < SEATS && (k == seat || share[k] == 0) -> k++ }
  :: d_step { k < SEATS && k != seat && share[k] != 0 -> seen = share[k] }
     alive = entry[k] == seen;
#ifndef BROKEN_DEAD_READER_COUNTS
     d_step {
       if
       :: alive -> alive = byte_taken(k, me)
       :: else
       fi
     }
#endif
     if
     :: atomic { alive -> alive = false; seen = 0; k = 0; result = busy; break }
     :: d_step { !alive -> seen = 0; k++ }
     fi
  :: atomic { k == SEATS ->                                                                     /* [rw.drained] */
       k = 0; result = ours; break }
  od
}

/* A write wait that ends early: the word goes back as it came. */
inline withdraw() {
  if
#ifndef BROKEN_TIMEOUT_FORGETS
  :: atomic { word & I -> owed = true } give_back(I)
  :: else -> give_back(0)
#else
  :: atomic { word & I -> owed = true } give_back(0)
  :: else -> give_back(0)
#endif
  fi
}

proctype user(byte me) {
  byte i, k, seat, mine, seen;
  short w;
  mtype result;
  bool alive, swapped, futexes, watchers, writer, drains;

  atomic { seat = me; mine = (seat + 1) << 4 | entry[seat]; writer = me < WRITERS; goto work }
born:
  {
    living[me] = true;
    take_seat();
    mine = (seat + 1) << 4 | entry[seat];
    writer = me < WRITERS;
work:
    do
    :: if
       :: !writer -> read_attempt()
       :: else -> result = (drains -> ours : exclusive)
       fi;
       if
       :: result == exclusive ->
          writer = true; attempt();
          writer = result != busy || me < WRITERS       /* a reader whom another forestalls reads again */
       :: else
       fi;
       if
       :: writer && result == ours -> drains = true; drain()                                    /* [rw.claimed] */
       :: else
       fi;
       if
       :: atomic { result != busy -> awake(me); drains = false; break }
       :: result == busy && !ready[me] -> get_ready(0)
       :: result == busy && ready[me] -> wait_for_ring()
       :: result == busy && drains && IMPATIENT ->
          withdraw();
          d_step { result = refused; drains = false; awake(me) }
          break
       fi
    od;
    if
    :: result == ours && writer ->
       atomic {
         for (i : 0 .. (N - 1)) { assert(!reading[i]) }
         i = 0; writing = me + 1
       }
       if
       :: word & I -> make_consistent()
       :: word & I
       :: else
       fi;
       unlock()                                                                                 /* [rw.unlocked] */
    :: result == ours && !writer ->
       d_step { reading[me] = false; share[seat] = 0 }                                          /* [rw.read-unlocked] */
#ifndef BROKEN_SILENT_READ_UNLOCK
       if
       :: word != 0 -> ring(0)
       :: else
       fi
#endif
    :: result == refused
    fi
  } unless {
    atomic {
      killed[me] ->
      forget(); k = 0; seen = 0; drains = false; writer = false;
      if
      :: restarts < RESTARTS -> restarts++; killed[me] = false; goto born
      :: skip
      fi
    }
  };
  leave()
}

init {
  atomic {
    byte p;
    seat_all(p);
    for (p : 0 .. (N - 1)) { run user(p) }
  }
}

#include "common/death.pml"
