/*
 * The condition: waiters sleep at its bell, not at the mutex's, until its number has moved; both wake all.
 *
 * One process changes what the others wait for. Safety: that of the mutex. Liveness: at rest nobody waits for what has
 * come, and nobody waits while the mutex lies with the dead: whoever signals under the mutex and is killed before it
 * signals leaves the news with the mutex, so a waiter looks there as well.
 */
#ifndef N
#define N 3
#endif
#define SEATS N
#ifndef KILLS
#define KILLS 0
#endif
#ifndef RESTARTS
#define RESTARTS 0
#endif
#ifndef FUTEXES
#define FUTEXES 2
#endif
#define BELLS 2
#define CONDITION 1             /* the bell; 0 is the mutex's */

#include "common/kernel.pml"
#include "common/bell.pml"
#include "common/seat.pml"

byte number;                    /* of the condition: how often it was signalled */
bool come;                      /* what they wait for; guarded by the mutex */
byte inside;
bool owed;
bool waiting[N];
byte finished;

inline at_death(p) {
  if
  :: inside == p + 1 -> inside = 0; owed = true
  :: else
  fi;
  waiting[p] = false
}

inline at_rest() {
  for (r : 0 .. (N - 1)) {
    assert(!living[r] || waiting[r]);
    assert(!waiting[r] || (!come && !owed))
  }
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
     :: result == busy && !ready[me] -> get_ready(0)
     :: result == busy && ready[me] -> wait_for_ring()
     fi
  od
}

inline signal() {
  number++;                                                                                     /* [condition.advanced] */
  ring(CONDITION)
}

/* Has the number moved, or is the mutex with the dead? */
inline look() {
  if
  :: d_step { number != noted -> result = again }
  :: else ->
     d_step { result = busy; w = word }
#ifndef BROKEN_ONLY_THE_NUMBER
     if
     :: d_step { w != 0 && (SEAT(w) == 0 || SEAT(w) == SEAT(UNRECOVERABLE)) -> result = again }
     :: SEAT(w) != 0 && SEAT(w) != SEAT(UNRECOVERABLE) ->
        ask_alive(SEAT(w) - 1, ENTRY(w));
        d_step {
          if
          :: !alive -> result = again
          :: else
          fi;
          alive = false
        }
     :: w == 0
     fi;
#endif
     w = 0
  fi
}

inline wait() {
#ifdef BROKEN_NOTED_AFTER_UNLOCK
  give_back(0);                                                                                 /* [condition.released] */
  d_step { noted = number; waiting[me] = true };
#else
  d_step { noted = number; waiting[me] = true };                                                /* [condition.noted] */
  give_back(0);                                                                                 /* [condition.released] */
#endif
  do
  :: look();
     if
     :: atomic { result == again -> awake(me); noted = 0; break }
     :: result == busy && !ready[me] -> get_ready(CONDITION)
     :: result == busy && ready[me] -> wait_for_ring()
     fi
  od;
  waiting[me] = false;
  lock()
}

/* Who is told of a death repairs what is guarded, and tells the others, who may sleep for want of a signal. */
inline repair() {
  if
  :: word & I -> make_consistent(); come = true; signal()
  :: else
  fi
}

proctype waiter(byte me) {
  byte i, seat, mine, noted;
  short w;
  mtype result;
  bool alive, swapped, futexes, watchers;

  atomic { seat = me; mine = (seat + 1) << 4 | entry[seat] }
  {
    lock();
    do
    :: repair();
       if
       :: come -> break
       :: !come -> wait()
       fi
    od;
    unlock()
  } unless {
    atomic { killed[me] -> forget(); noted = 0 }
  };
  leave()
}

proctype signaller(byte me) {
  byte i, seat, mine;
  short w;
  mtype result;
  bool alive, swapped, futexes, watchers;

  atomic { seat = me; mine = (seat + 1) << 4 | entry[seat] }
  {
    lock();
    repair();
#ifdef BROKEN_SIGNAL_AFTER_UNLOCK
    come = true;
    unlock();
    signal()
#else
    come = true;
    signal();
    unlock()
#endif
  } unless {
    atomic { killed[me] -> forget() }
  };
  leave()
}

init {
  atomic {
    byte p;
    seat_all(p);
    run signaller(0);
    for (p : 1 .. (N - 1)) { run waiter(p) }
  }
}

#include "common/death.pml"
