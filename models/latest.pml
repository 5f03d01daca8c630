/*
 * The latest value: four cells, and a counter that says which of them is the newest. Whoever reads never waits.
 *
 * Safety: what a reader accepts was published, whole, and is never older than what it accepted before; a writer killed
 * anywhere changes nothing for readers. Liveness: readers come to rest once the writer does.
 */
#ifndef VALUES
#define VALUES 6
#endif
#ifndef READS
#define READS 2
#endif
#ifndef KILLS
#define KILLS 0
#endif
#define WIDES 1
#define COUNTER 0

#include "common/wide.pml"

byte cell[8];                   /* four of two words */
#define WORD_OF(n, k) cell[2 * ((n) % 4) + (k)]

#ifdef BROKEN_CELL_REUSED_EARLY
#define SPARE 3
#else
#define SPARE 2                 /* cell c + 4 is begun once c + 3 is published: up to c + 2 nobody is at cell c */
#endif

byte begun;                     /* every value that was begun has its own number */
byte log[VALUES + 1];           /* by the counter: the number of the value that was published */
byte kills;
bool killed, writes, finished;

inline fill() {
  d_step { WORD_OF(n + 1, 0) = id }
  d_step { WORD_OF(n + 1, 1) = id }                                                             /* [latest.filled] */
}

inline publish() {
  store_high(COUNTER, n + 1);
  d_step { low[COUNTER] = LOW(n + 1); log[n + 1] = id }                                         /* [latest.published] */
  store_other_high(COUNTER, n + 1)
}

active proctype writer() {
  byte n, id, half, h, l;
born:
  {
    writes = true;
    read_wide(COUNTER, n);
    do
    :: n < VALUES ->
       atomic { begun++; id = begun }
#ifdef BROKEN_PUBLISHED_BEFORE_FILLED
       publish(); fill();
#else
       fill(); publish();
#endif
       atomic { n++; id = 0 }
    :: n == VALUES -> break
    od;
    writes = false
  } unless {
    atomic { killed -> killed = false; n = 0; id = 0; half = 0; h = 0; l = 0 }
    if
    :: goto born
    :: writes = false
    fi
  }
}

active proctype reader() {
  byte reads, last, c, c2, a, b, half, h, l;
  do
  :: reads < READS ->
     read_wide(COUNTER, c);
     if
     :: atomic { c == 0 -> reads++ }
     :: atomic { c != 0 }
        a = WORD_OF(c, 0);
        b = WORD_OF(c, 1);                                                                      /* [latest.copied] */
        read_wide(COUNTER, c2);
        atomic {
          if
          :: c2 <= c + SPARE ->
             assert(a == log[c] && b == log[c]);
             assert(c >= last);
             last = c; reads++
          :: else
          fi;
          a = 0; b = 0; c = 0; c2 = 0
        }
     fi
  :: reads == READS -> break
  od;
  atomic { last = 0; finished = true }
}

active proctype kernel() {
end:
  do
  :: atomic { kills < KILLS && writes -> kills++; writes = false; killed = true }
  od
}

bool rested;

active proctype rest() {
  atomic { timeout -> assert(finished); rested = true }
}

ltl comes_to_rest { <> rested }
