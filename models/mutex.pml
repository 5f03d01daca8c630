/*
 * The mutex: one word, taken by compare and exchange, taken over when its owner's seat is dead.
 *
 * Safety: never two owners; the death of an owner is told to the very next one, and to nobody if nobody died.
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

#include "common/kernel.pml"
#include "common/bell.pml"
#include "common/seat.pml"

byte inside;                    /* the owner + 1 */
bool owed;                      /* an owner died, or gave up what was damaged: the next one has to be told */
byte finished;

inline at_rest() { assert(finished == N) }

inline at_death(p) {
  if
  :: inside == p + 1 -> inside = 0; owed = true
  :: else
  fi
}

inline death_hook() { skip }

inline numbering() { skip }

inline fresh_entry() { skip }

inline taken_by(told) {
  assert(inside == 0);
  assert(((told) != 0) == owed);
  inside = me + 1;
  owed = false
}

inline given_back() { inside = 0 }

#include "common/owner.pml"
#include "common/user.pml"

inline lock() {
  do
  :: attempt();
     if
     :: atomic { result != busy -> awake(me); break }
#ifdef BROKEN_NO_SECOND_LOOK
     :: result == busy -> get_ready(0); wait_for_ring()
#else
     :: result == busy && !ready[me] -> get_ready(0)
     :: result == busy && ready[me] -> wait_for_ring()
#endif
     fi
  od
}

/* The recover callback threw: the next one is told again. */
inline abandon() {
  owed = true;
  give_back(I)
}

proctype user(byte me) {
  byte i, seat, mine;
  short w;
  mtype result;
  bool alive, swapped, futexes, watchers;

  atomic { seat = me; mine = (seat + 1) << 4 | entry[seat]; goto work }
born:
  {
    living[me] = true;
    take_seat();
    mine = (seat + 1) << 4 | entry[seat];
work:
    lock();
    if
    :: result == ours && (word & I) ->
       if
       :: make_consistent(); unlock()
       :: unlock()
       :: abandon()
       fi
    :: result == ours && !(word & I) -> unlock()
    :: result == refused
    fi
  } unless {
    atomic {
      killed[me] ->
      forget();
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
