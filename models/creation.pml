/*
 * Placed creation: a lock is made inside a memory that several processes have, at a place that may hold anything.
 *
 * The creation byte is a byte lock, so a creator that dies gives it back. Magic is the last word that is written.
 * Safety: what is opened is complete, and nobody makes anew what is in use. Liveness: everybody who wants to create or
 * open it and lives gets it (at rest all have finished).
 */
#ifndef N
#define N 3
#endif
#define SEATS 1                 /* holder[0] is the creation byte */
#ifndef KILLS
#define KILLS 0
#endif
#ifndef RESTARTS
#define RESTARTS 0
#endif
#define FUTEXES 0

#include "common/kernel.pml"

mtype = { rubbish, zero, ours };
mtype magic = rubbish;
mtype body = rubbish;
byte used;                      /* how many have opened it and count on what it says */
byte finished;

inline at_death(p) { skip }

inline at_rest() { assert(finished == N) }

inline unclaim() { holder[0] = 0 }

inline initialise() {
  d_step { assert(used == 0); magic = zero };
  d_step { assert(used == 0); body = zero };
  d_step { assert(used == 0); body = ours }                                                     /* [create.initialised] */
}

inline publish() { magic = ours }                                                               /* [create.published] */

inline use() { d_step { assert(body == ours); used++ } }

/* Who is refused the byte looks again later, until the magic is there or the byte is free: here one step that waits. */
inline create_or_open() {
  do
  :: magic == ours -> break
  :: magic != ours ->
     if
     :: atomic { holder[0] == 0 -> holder[0] = me + 1 }                                         /* [create.claimed] */
#ifndef BROKEN_NO_LOOK_UNDER_THE_BYTE
        if
        :: magic == ours -> unclaim(); break
        :: else
        fi;
#endif
#ifdef BROKEN_PUBLISH_FIRST
        publish(); body = zero; body = ours; unclaim();
#else
#ifdef BROKEN_BYTE_FREED_FIRST
        initialise(); unclaim(); publish();
#else
        initialise(); publish(); unclaim();
#endif
#endif
        break
     :: magic == ours -> break
     fi
  od
}

proctype creator(byte me) {
born:
  {
    living[me] = true;
    create_or_open();
    use()
  } unless {
    atomic {
      killed[me];
      if
      :: restarts < RESTARTS -> restarts++; killed[me] = false; goto born
      :: skip
      fi
    }
  };
  d_step { living[me] = false; finished++ }
}

init {
  atomic {
    byte p;
    for (p : 0 .. (N - 1)) { run creator(p) }
  }
}

#include "common/death.pml"
