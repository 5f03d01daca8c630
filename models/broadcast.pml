/*
 * The broadcast: a ring whose writer waits for nobody. Before it writes it says how far (intent), so a reader knows
 * whether what it has copied was whole. A unit of the ring is two words, a record one or two units: a word for its number
 * and length and that of the one before, then its payload. No record is longer than half the ring, so the newest one is
 * whole while the next is written.
 *
 * Safety: what a reader accepts was published, whole, in order; `lost` is exactly what was published in between; a writer
 * killed anywhere costs no number, and nothing that is read afterwards is damaged. Liveness: at rest every reader has
 * accepted, or been told it lost, all that was published since it came, and it has accepted the last of them.
 */
#ifndef UNITS
#define UNITS 4                 /* of the ring */
#endif
#ifdef BROKEN_LONG_RECORDS
#define LONGEST (UNITS - 1)
#else
#define LONGEST (UNITS / 2)
#endif
#ifndef MESSAGES
#define MESSAGES 4
#endif
#ifndef KILLS
#define KILLS 0
#endif
#define WIDES 3
#define TAIL 0
#define INTENT 1
#define NEWEST 2                /* where the newest record begins; its number is in the record */

#include "common/wide.pml"

byte data[2 * UNITS];
#define WORD_OF(p, k) data[(2 * (p) + (k)) % (2 * UNITS)]
#define LENGTH(w) ((w) & 3)     /* in units */
#define PREVIOUS(w) (((w) >> 2) & 3) /* 0: there is none */
#define NUMBER(w) ((w) >> 4)

byte begun;                     /* every message that was begun has its own sign */
byte log[MESSAGES];             /* by the number: the sign of the message that was published */
byte numberAt[MESSAGES * LONGEST + 1]; /* by the position: the number of the record that begins there */
byte published, tailNow;
byte kills;
bool killed, writes;

byte joined, got, lost, expected, next; /* of the reader: numbers, and how many; next: after the last it accepted */
byte position;
bool waits;

#ifdef BROKEN_NUMBER_BESIDE_POSITION
byte newestNumber;
#endif

/* A dead writer may have damaged as far as its intent: no later one is lower. */
inline intend() {
#ifndef BROKEN_INTENT_LOWERED
  if
  :: atomic { p + size <= intent }
  :: atomic { p + size > intent -> intent = p + size }
#else
  if
  :: atomic { intent = p + size }
#endif
     store_high(INTENT, intent);
     low[INTENT] = LOW(intent)                                                                  /* [broadcast.intended] */
  fi
}

inline write() {
  WORD_OF(p, 0) = n << 4 | previous << 2 | size;
  k = 1;
  do
  :: atomic { k < 2 * size - 1 -> WORD_OF(p, k) = id; k++ }
  :: atomic { k == 2 * size - 1 -> WORD_OF(p, k) = id; k = 0; break }                           /* [broadcast.written] */
  od
}

inline point() {
  store_high(NEWEST, p);
  low[NEWEST] = LOW(p);                                                                         /* [broadcast.finished] */
#ifdef BROKEN_NUMBER_BESIDE_POSITION
  newestNumber = n
#endif
}

inline publish() {
  store_high(TAIL, p + size);
  d_step {                                                                                      /* [broadcast.published] */
    low[TAIL] = LOW(p + size); tailNow = p + size;
    assert(n == published);
    log[n] = id; published++; numberAt[tailNow] = published
  }
}

/* Goes on at the tail. The newest record is there, finished and not published, or it is the last one before. */
inline take_over() {
  read_wide(TAIL, p);
  read_wide(INTENT, intent);
  read_wide(NEWEST, q);
#ifdef BROKEN_TAKEOVER_COUNTS_ON
  n = (p == 0 && q == 0 -> 0 : NUMBER(WORD_OF(q, 0)) + 1);
#else
  n = NUMBER(WORD_OF(q, 0)) + (q < p -> 1 : 0);
#endif
  atomic { previous = (q < p -> p - q : PREVIOUS(WORD_OF(q, 0))); q = 0 }
}

active proctype writer() {
  byte p, q, n, k, id, size, previous, intent, half, h, l;
born:
  {
    writes = true;
    take_over();
    do
    :: published < MESSAGES ->
       atomic {
         begun++; id = begun;
         if
         :: size = 1
         :: size = LONGEST
         fi
       }
#ifndef BROKEN_NO_INTENT
       intend();
#endif
#ifdef BROKEN_PUBLISHED_BEFORE_WRITTEN
       publish(); write(); point();
#else
       write(); point(); publish();
#endif
       atomic { p = p + size; n++; previous = size; id = 0; size = 0 }
    :: published == MESSAGES -> break
    od;
    atomic { writes = false; p = 0; n = 0; previous = 0; intent = 0 }
  } unless {
    atomic { killed -> killed = false; p = 0; q = 0; n = 0; k = 0; id = 0; size = 0; previous = 0; intent = 0; half = 0; h = 0; l = 0 }
    if
    :: goto born
    :: writes = false
    fi
  }
}

#ifdef BROKEN_NO_INTENT
#define JUDGED_BY TAIL
#else
#define JUDGED_BY INTENT
#endif

/* Where the newest record begins, and its number, which stays whole while the next record is written. */
inline find_newest() {
  do
  :: read_wide(NEWEST, q);
#ifdef BROKEN_NUMBER_BESIDE_POSITION
     n = newestNumber;
#else
     n = NUMBER(WORD_OF(q, 0));
#endif
     read_wide(JUDGED_BY, i);
     if
     :: atomic { i - q <= UNITS -> i = 0; break }
     :: atomic { i - q > UNITS -> q = 0; n = 0; i = 0 }
     fi
  od
}

/* On from the last message, of number n at q: the newest record, or the one before where that is not yet published. */
inline skip_to_last() {
  do
  :: find_newest();
#ifdef BROKEN_SKIPS_TO_NEWEST
     break
#else
     read_wide(TAIL, t);
     if
     :: atomic { q < t -> t = 0; break }
     :: atomic { q >= t -> t = 0; k = PREVIOUS(WORD_OF(q, 0)) }
        atomic { q = q - k; k = 0; n = NUMBER(WORD_OF(q, 0)) }
        read_wide(JUDGED_BY, i);
        if
        :: atomic { i - q <= UNITS -> i = 0; break }
        :: atomic { i - q > UNITS -> q = 0; n = 0; i = 0 }
        fi
     fi
#endif
  od;
  atomic {
    assert(q > p);
    lost = lost + n - expected; expected = n; p = q; q = 0; n = 0;
    assert(expected == numberAt[p])
  }
}

inline join() {
  read_wide(TAIL, p);
  find_newest();
  atomic {
    expected = (q < p -> n + 1 : n);
    p = (q < p -> p : q);
    joined = expected; q = 0; n = 0;
    assert(expected == numberAt[p])
  }
}

/* What a record says of its length is checked before it is believed, and nothing is concluded before intent is read. */
inline copy() {
  w = WORD_OF(p, 0);
  size = LENGTH(w);
  if
  :: atomic { size < 1 || size > LONGEST -> torn = true }
  :: atomic { size >= 1 && size <= LONGEST }
     id = WORD_OF(p, 1); k = 2;
     do
     :: atomic { k < 2 * size -> torn = torn || WORD_OF(p, k) != id; k++ }
     :: atomic { k == 2 * size -> break }                                                       /* [broadcast.copied] */
     od
  fi
}

inline accept() {
  assert(!torn && NUMBER(w) < published);
  assert(NUMBER(w) == numberAt[p] && id == log[NUMBER(w)]);
  assert(NUMBER(w) == expected);
  expected++; next = expected; got++; p = p + size
}

active proctype reader() {
  byte p, q, n, t, i, w, k, id, size, half, h, l;
  bool torn;

  join();
  do
  :: read_wide(TAIL, t);
     if
     :: atomic { t == p -> t = 0; position = p; waits = true }
        atomic { tailNow != p -> waits = false; position = 0 }                                  /* [bell.looked] */
     :: atomic { t != p -> t = 0 }
        copy();
        read_wide(JUDGED_BY, i);
        if
        :: atomic { i - p <= UNITS -> accept(); i = 0; w = 0; k = 0; id = 0; size = 0 }
        :: atomic { i - p > UNITS -> i = 0; w = 0; k = 0; id = 0; size = 0; torn = false }
           skip_to_last()
        fi
     fi
  od
}

active proctype kernel() {
end:
  do
  :: atomic { kills < KILLS && writes -> kills++; writes = false; killed = true }
  od
}

bool rested;

active proctype rest() {
  atomic {
    timeout ->
    assert(waits && position == tailNow);
    assert(joined + got + lost == published);
    assert(next == published || joined == published);
    rested = true
  }
}

ltl comes_to_rest { <> rested }
