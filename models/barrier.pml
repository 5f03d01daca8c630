/*
 * The barrier: one word, broken by the death of a member.
 *
 * Safety: who passes has passed because PARTIES members arrived; a break is told only where a member died, and after a
 * reset no more of that death; a death is never hidden (at rest it has been told, or the barrier or the seat still shows
 * it). Liveness: at rest nobody waits at a barrier that was opened, broken or reset, or that has a dead member.
 */
#ifndef N
#define N 3
#endif
#ifndef PARTIES
#define PARTIES N
#endif
#ifndef SEATS
#define SEATS N
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
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef IMPATIENT
#define IMPATIENT false         /* a member may give up while it waits */
#endif
#ifndef RESETTERS
#define RESETTERS N             /* the first ones may reset a broken barrier */
#endif
#ifndef LEAVERS
#define LEAVERS 0               /* the last ones may close cleanly at their end */
#endif

#include "common/kernel.pml"
#include "common/bell.pml"
#include "common/seat.pml"

/* [broken | resets | generation | count]: a reset is no generation, or who waits across it would take it for an opening. */
byte word;
#define BROKEN 64
#define RESET 16
#define GENERATION 4
#define COUNT(w) ((w) & 3)
#define RESETS(w) (((w) >> 4) & 3)
#define ROUND(w) ((w) & 60)     /* resets and generation */

#ifdef BROKEN_RESET_IS_A_GENERATION
#define AFTER_RESET(w) ((ROUND(w) + GENERATION) & 60)
#else
#define AFTER_RESET(w) ((ROUND(w) + RESET) & 60)
#endif

short opened;                   /* a bit per ROUND(w) >> 2 */
bool owed[SEATS];               /* the occupant died and nobody has been told */
bool marked[SEATS];             /* the entry of the one that died still shows it; else the broken bit does */
bool waiting[N];
byte round[N];                  /* what it waits for: ROUND(w) >> 2 */
byte deaths;

inline at_death(p) {
  i = 0;
  do
  :: i < SEATS && holder[i] == p + 1 && (entry[i] & OCCUPIED) -> owed[i] = true; marked[i] = true; deaths++; i++
  :: i < SEATS && !(holder[i] == p + 1 && (entry[i] & OCCUPIED)) -> i++
  :: i == SEATS -> i = 0; break
  od;
  waiting[p] = false
}

inline at_rest() {
  bool dead_seat, some_dead;
  for (r : 0 .. (N - 1)) {
    assert(!waiting[r] || (!(word & BROKEN) && round[r] == ROUND(word) >> 2))
  }
  for (r : 0 .. (SEATS - 1)) {
    dead_seat = (entry[r] & OCCUPIED) && holder[r] == 0;
    some_dead = some_dead || dead_seat;
    assert(!owed[r] || (word & BROKEN) || dead_seat)
  }
  for (r : 0 .. (N - 1)) { assert(!waiting[r] || !some_dead) }
  r = 0; dead_seat = false; some_dead = false
}

inline numbering() { skip }
inline clearing() { skip }
inline fresh_entry() { skip }

/* Who takes the seat of a dead member wipes its mark, and breaks the barrier first. */
inline death_hook() {
#ifdef BROKEN_NO_HOOK
  skip
#else
  do
  :: w = word;
     atomic {
       exchange(w | BROKEN);                                                                    /* [barrier.broken] */
       if
       :: swapped -> swapped = false; w = 0; marked[seat] = false; break
       :: else
       fi
     }
  od
#endif
}

/* Compare and exchange, within one step. */
inline exchange(next) {
  swapped = word == w;
  word = (swapped -> (next) : word)
}

mtype = { again, looked, passed, broken, late };

/* On to the next seat that seems occupied, k == SEATS where there is none. Own seat: known to live. */
inline next_seat() {
  do
  :: k == seat || (k < SEATS && !(entry[k] & OCCUPIED)) -> k++
  :: else -> break
  od;
  if
  :: k < SEATS -> e = entry[k]
  :: else
  fi
}

/* Is a member dead? Each seat is looked at by itself. */
inline look_for_dead() {
  do
  :: atomic {
       next_seat();
       if
       :: k == SEATS -> k = 0; break
       :: else
       fi
     }
     ask_dead(k, e);
     atomic {
       e = 0;
       if
       :: dead -> k = 0; break
       :: else -> k++
       fi
     }
  od
}

/* The generation first: what was opened stays opened, whatever happened since. */
inline look() {
  do
  :: atomic {
       w = word;
       if
       :: waiting[me] && RESETS(w) != RESETS(round[me] << 2) -> result = broken; break
       :: waiting[me] && ROUND(w) >> 2 != round[me] && RESETS(w) == RESETS(round[me] << 2) -> result = passed; break
       :: (!waiting[me] || ROUND(w) >> 2 == round[me]) && (w & BROKEN) -> result = broken; break
       :: else
       fi
     }
     look_for_dead();
     if
     :: atomic { !dead -> result = looked; break }
     :: d_step { dead -> exchange(w | BROKEN); dead = false }                                   /* [barrier.broken] */
        if
        :: swapped -> swapped = false; ring(0)
        :: else
        fi
     fi
  od
}

/* After a look that saw nothing in the way; `w` is what it saw. */
inline arrive() {
  atomic {
    if
    :: COUNT(w) + 1 == PARTIES ->
       exchange(ROUND(w) + GENERATION);                                                         /* [barrier.opened] */
       if
       :: swapped -> opened = opened | (1 << (ROUND(w) >> 2)); result = passed
       :: else -> result = again
       fi
    :: else ->
       exchange(w + 1);                                                                         /* [barrier.arrived] */
       if
       :: swapped -> waiting[me] = true; round[me] = ROUND(w) >> 2
       :: else
       fi;
       swapped = false; result = again
    fi
  }
  if
  :: swapped -> swapped = false; ring(0)
  :: else
  fi
}

inline give_up() {
  d_step {
    assert(COUNT(w) > 0); exchange(w - 1);                                                                      /* [barrier.withdrawn] */
    result = (swapped -> late : again); swapped = false
  }
}

inline wait() {
  do
  :: look();
     if
     :: result == looked && !waiting[me] -> arrive()
#ifdef BROKEN_NO_SECOND_LOOK
     :: result == looked && waiting[me] && !ready[me] -> get_ready(0); wait_for_ring()
#else
     :: result == looked && waiting[me] && !ready[me] -> get_ready(0)
#endif
     :: result == looked && waiting[me] && ready[me] -> wait_for_ring()
     :: result == looked && waiting[me] && IMPATIENT -> give_up()
     :: else
     fi;
     if
     :: atomic { result == passed || result == broken || result == late -> awake(me); break }
     :: else
     fi
  od
}

/* Marks first, then the word, and each only as it was seen: another may be faster, or have taken the seat. */
inline reset() {
#ifdef BROKEN_RESET_WORD_FIRST
  reset_word(); clear_marks();
#else
  clear_marks(); reset_word();
#endif
  ring(0)
}

inline clear_marks() {
  do
  :: atomic {
       next_seat();
       if
       :: k == SEATS -> k = 0; break
       :: else
       fi
     }
     ask_dead(k, e);
     d_step {
       if
#ifdef BROKEN_MARK_CLEARED_BLINDLY
       :: dead -> owed[k] = owed[k] && entry[k] != e; entry[k] = e & ~OCCUPIED
#else
       :: dead && entry[k] == e -> entry[k] = e & ~OCCUPIED; owed[k] = false; marked[k] = false
#endif
       :: else
       fi;
       k++; e = 0; dead = false
     }
  od
}

inline reset_word() {
  do
  :: w = word;
     atomic {
       if
#ifndef BROKEN_RESET_OF_THE_WHOLE
       :: !(w & BROKEN) -> w = 0; break         /* somebody else has reset it */
#endif
       :: else -> exchange(AFTER_RESET(w))                                                      /* [barrier.reset] */
       fi;
       if
       :: swapped -> swapped = false; w = 0; forgive(); break
       :: else
       fi
     }
  od
}

/* Who resets knows that a member died: that pays for every death that nothing but the broken bit showed. */
inline forgive() {
  for (i : 0 .. (SEATS - 1)) { owed[i] = owed[i] && marked[i] }
  i = 0
}

proctype member(byte me) {
  byte i, k, e, w, seat, rounds;
  mtype result;
  bool alive, dead, swapped, futexes, watchers;

  atomic { seat = me; goto work }
born:
  {
    living[me] = true;
    take_seat();
work:
    do
    :: wait();
       atomic {
         assert(result != passed || !waiting[me] || ((opened >> round[me]) & 1));
         assert(result != broken || deaths > 0);
         assert(result != broken || RESTARTS > 0 || (waiting[me] -> RESETS(round[me] << 2) : RESETS(w)) < deaths);
         if
         :: result == broken -> for (i : 0 .. (SEATS - 1)) { owed[i] = false } i = 0
         :: else
         fi;
         waiting[me] = false; round[me] = 0; w = 0; rounds++
       }
       if
       :: result == broken && me < RESETTERS -> reset()
       :: result == broken -> rounds = ROUNDS
       :: result != broken
       fi;
       if
       :: rounds == ROUNDS -> break
       :: else
       fi
    od;
    if
    :: me >= N - LEAVERS -> release_seat()
    :: skip
    fi
  } unless {
    atomic {
      killed[me] ->
      i = 0; k = 0; e = 0; seat = 0; rounds = 0; w = 0; result = again;
      alive = false; dead = false; swapped = false; futexes = false; watchers = false;
      if
      :: restarts < RESTARTS -> restarts++; killed[me] = false; goto born
      :: skip
      fi
    }
  }
}

init {
  atomic {
    byte p;
    seat_all(p);
    for (p : 0 .. (N - 1)) { run member(p) }
  }
}

#include "common/death.pml"
