/*
 * Seats: processes take a seat, leave it cleanly or die in it, and others take it again at once; process 0 watches one.
 *
 * Safety: an occupant that lives is never found dead, one that left cleanly is never found dead, and the mark of one that
 * died is always looked at before its seat gets a new number. Liveness: at rest the observer waits only for one that lives.
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
#define RESTARTS 1
#endif
#ifndef FUTEXES
#define FUTEXES 0
#endif

#include "common/kernel.pml"
#include "common/bell.pml"
#include "common/seat.pml"

mtype = { nobody, lives, left, died, told };
mtype fate[SEATS * 8];          /* of each occupant: the seat, and the count of its entry */
#define fate_of(k, e) fate[(k) * 8 + ((e) & 7)]
byte number[N];                 /* the seat of p in `fate` + 1, once it has its number */
bool waits;                     /* the observer has found somebody to wait for */
byte awaited;                   /* its entry */

inline at_rest() { assert(!waits || fate_of(1, awaited) == lives) }

inline at_death(p) {
  if
  :: number[p] != 0 -> fate[number[p] - 1] = died; number[p] = 0
  :: else
  fi
}

inline death_hook() { fate_of(seat, entry[seat]) = told }

inline fresh_entry() { skip }

/* At the step that numbers the seat, before it does. */
inline numbering() {
  assert(fate_of(seat, entry[seat]) != died && fate_of(seat, entry[seat]) != lives);
  fate_of(seat, entry[seat] + 1) = lives;
  number[me] = seat * 8 + ((entry[seat] + 1) & 7) + 1
}

inline clearing() {
  fate[number[me] - 1] = left; number[me] = 0
}

proctype occupant(byte me) {
  byte i, seat;
  bool futexes, watchers;
born:
  {
    living[me] = true;
    take_seat();
    if
    :: release_seat()
    :: skip                     /* it goes on, as far as this model looks */
    fi
  } unless {
    atomic {
      killed[me] ->
      i = 0; seat = 0; futexes = false; watchers = false;
      if
      :: restarts < RESTARTS -> restarts++; killed[me] = false; goto born
      :: skip
      fi
    }
  };
  seat = 0
}

/* Looks at seat 1: asks about the occupant it finds first, for as long as that one lives. */
proctype observer(byte me) {
  byte seat;
  bool alive, dead, watchers;

  d_step { entry[1] & OCCUPIED -> awaited = entry[1]; waits = true }
  do
  :: ask_dead(1, awaited);
     if
     :: atomic { dead -> assert(fate_of(1, awaited) == died || fate_of(1, awaited) == told); break }
     :: else
     fi;
     ask_alive(1, awaited);
     if
     :: atomic { !alive -> assert(fate_of(1, awaited) != lives); break }
     :: atomic { alive -> alive = false }
        if
        :: !ready[me] -> get_ready(0)
        :: ready[me] -> wait_for_ring()
        fi
     fi
  od;
  waits = false
}

init {
  atomic {
    byte p;
    holder[0] = 1; entry[0] = OCCUPIED | 1; fate[1] = lives;
    run observer(0);
    for (p : 1 .. (N - 1)) { run occupant(p) }
  }
}

#include "common/death.pml"
