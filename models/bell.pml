/*
 * The bell: some processes store and ring, the others sleep until they see each store, or that its process is dead.
 * Any of them may be killed between any two steps: a ringer between its store and its ring, a sleeper that was just woken.
 *
 * Liveness: at rest every sleeper that lives has seen all. Where nobody dies no slice and no timed look is needed for it.
 */
#ifndef KILLS
#define KILLS 0
#endif
#ifndef FUTEXES
#define FUTEXES 4               /* process 2 sleeps on the futex, process 3 on inotify */
#endif
#define N 4
#define SEATS 4
#define RINGERS 2

#include "common/kernel.pml"
#include "common/bell.pml"

bool stored[RINGERS];
byte finished;

inline at_rest() { assert(finished == N) }

inline at_death(p) { skip }

#define settled(k) (stored[k] || holder[k] == 0)        /* it has stored, or it has died and its byte is free */

inline look() {
  atomic {
    do
    :: next < RINGERS && settled(next) -> next++
    :: else -> break
    od
  }
}

proctype ringer(byte me) {
  byte i;
  bool futexes, watchers;
  {
#ifdef BROKEN_RING_BEFORE_STORE
    ring(0);
    stored[me] = true
#else
    stored[me] = true;
    ring(0)
#endif
  } unless { killed[me] };
  atomic { living[me] = false; i = 0; futexes = false; watchers = false; finished++ }
}

proctype sleeper(byte me) {
  byte next;                    /* the ringer whose store it waits for */
  bool watchers;
  {
    do
    :: look();
       if
       :: atomic { next == RINGERS -> awake(me); break }
#ifdef BROKEN_NO_SECOND_LOOK
       :: next < RINGERS -> get_ready(0); wait_for_ring()
#else
       :: next < RINGERS && !ready[me] -> get_ready(0)
       :: next < RINGERS && ready[me] -> wait_for_ring()
#endif
       fi
    od
  } unless { killed[me] };
  atomic { living[me] = false; next = 0; finished++ }
}

init {
  atomic {
    byte p;
    for (p : 0 .. (N - 1)) {
      living[p] = true; holder[p] = p + 1;
      if
      :: p < RINGERS -> run ringer(p)
      :: else -> run sleeper(p)
      fi
    }
  }
}

#include "common/death.pml"
