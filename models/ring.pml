/*
 * The ring of a channel: two positions, each stored by one side only. A record is two words here, so that half a record
 * can be told from a whole one. A side with one seat holds its owner word as long as it sits there, one with many takes
 * it for each message.
 *
 * Safety: what was committed is read once, whole, in the order of the commits; again only where a reader was killed
 * between copy and advance. EPIPE is told only where nobody was left on the other side, and nothing in the ring.
 * Liveness: at rest nobody waits who has something to do, or nobody to wait for; and it always comes to rest.
 */
#ifndef WRITERS
#define WRITERS 1               /* processes 0 to WRITERS - 1 */
#endif
#ifndef N
#define N 2
#endif
#ifndef SEATS
#define SEATS N
#endif
#ifndef MANY_WRITERS
#define MANY_WRITERS 0
#endif
#ifndef MANY_READERS
#define MANY_READERS 0
#endif
#ifndef CAPACITY
#define CAPACITY 2              /* records */
#endif
#ifndef AROUND
#define AROUND (2 * CAPACITY)   /* where positions wrap */
#endif
#ifndef MESSAGES
#define MESSAGES 3              /* of each writer */
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
#ifndef DRAIN
#define DRAIN false             /* a reader may advance once for several messages */
#endif
#ifndef LEAVERS
#define LEAVERS 0               /* bit p: p may close cleanly: a writer at its end, a reader after any message */
#endif
#ifndef LATE
#define LATE 0                  /* bit p: p has yet to sit down */
#endif
#define BELLS 2

#include "common/kernel.pml"
#include "common/bell.pml"
#include "common/seat.pml"
#include "common/sides.pml"

#define MANY ((MANY_READERS << READER | MANY_WRITERS) >> side & 1)
#define may_leave(p) ((LEAVERS >> (p)) & 1)

byte tail, head;                /* in records */
byte data[2 * CAPACITY];
#define FILLED(t, h) (((t) + AROUND - (h)) % AROUND)
#define WORD_OF(p, n) data[2 * ((p) % CAPACITY) + (n)]

byte begun;                     /* every message that was begun has its own number */
byte committed[WRITERS];
byte log[WRITERS * MESSAGES];   /* the numbers of what was committed, in this order */
byte sent, taken;
byte ahead;                     /* so many messages from head on have been seen by a reader */
bool redelivered;               /* a reader was killed that had seen some and not advanced */
byte inside[2];                 /* who holds the owner word, + 1 */
bool owed[2];
bool finished[N];

#define has_peer(p) (there[1 - SIDE(p)] > 0 || came[1 - SIDE(p)] == 0)
#define has_nothing(p) (SIDE(p) == WRITER -> FILLED(tail, head) == CAPACITY : tail == head)

inline at_rest() {
  for (r : 0 .. (N - 1)) {
    assert(finished[r] || has_peer(r));
    assert(finished[r] || has_nothing(r));
    assert(finished[r] || SIDE(r) == WRITER || taken == sent)
  }
}

inline at_death(p) {
  gone(p);
  if
  :: inside[SIDE(p)] == p + 1 ->
     inside[SIDE(p)] = 0; owed[SIDE(p)] = true;
     redelivered = redelivered || (SIDE(p) == READER && ahead > 0)
  :: else
  fi
}

inline death_hook() { skip }
inline numbering() { skip }

inline taken_by(told) {
  assert(inside[side] == 0);
  assert(((told) != 0) == owed[side]);
  inside[side] = me + 1; owed[side] = false
}

inline given_back() { inside[side] = 0 }

#ifdef BROKEN_UNBLOCKED_BY_TIMEOUT
#define ask_alive(k, e) alive = false
#endif

/* The owner words, one of each side. */
short words[2];
#define word words[side]
#define WORD_BELL side
#include "common/owner.pml"
#include "common/user.pml"

/* A dead owner's word: the positions are right, go on. */
inline own() {
  attempt();
  if
  :: atomic { result == ours && (word & I) } make_consistent()
  :: atomic { result != ours || !(word & I) }
  fi
}

#ifdef BROKEN_OWN_POSITION
#define BEGIN kept
#else
#define BEGIN tail
#endif

/* Without the owner word `pos` may be old: then `nothing` may be false by mistake, never true. */
inline look() {
  if
  :: d_step { side == WRITER -> pos = BEGIN }
  :: d_step { side == READER -> pos = head }
  fi;
  d_step {
    seen = (side == WRITER -> head : tail);
    nothing = (side == WRITER -> FILLED(pos, seen) == CAPACITY : seen == pos)
  }
}

/* A writer may have published and died between the reader's look and its judgement. */
#ifdef BROKEN_NO_LAST_LOOK
#define LAST_LOOK true
#else
#define LAST_LOOK (side == WRITER || tail == pos)
#endif

/*
 * Until there is something to do, and it is ours to do, or nobody left to wait for. Where there are many, each looks first
 * without the owner word: if they took it only to find nothing, each release would ring those whose look it was in the
 * way of, and they would wake one another for ever.
 */
inline wait() {
  do
  ::
#ifdef BROKEN_LOOK_ONLY_AS_OWNER
     if
     :: !MANY -> look()
     :: MANY -> nothing = false
     fi;
#else
     look();
#endif
     if
     :: atomic { !nothing && !MANY -> result = ours; break }
     :: atomic { !nothing && MANY }
        own();
        if
        :: atomic { result == ours }
           look();
           if
           :: atomic { !nothing -> break }
#ifdef BROKEN_LOOK_ONLY_AS_OWNER
           :: nothing -> give_back(0); result = busy
#else
           :: atomic { nothing -> result = again } give_back(0)
#endif
           fi
        :: atomic { result != ours }
        fi
     :: atomic { nothing }
        judge();
        atomic {
          if
          :: deserted && LAST_LOOK -> assert(gap[me]); assert(side == WRITER || taken == sent); result = refused; break
          :: deserted && !LAST_LOOK -> result = again
          :: !deserted -> result = busy
          fi;
          deserted = false
        }
     fi;
     if
     :: atomic { result == again -> gap[me] = false }
     :: atomic { result != again && !ready[me] -> gap[me] = false }
        get_ready(side)
#ifdef BROKEN_NO_SECOND_LOOK
        wait_for_ring()
#endif
     :: atomic { result != again && ready[me] -> gap[me] = false }
        wait_for_ring()
     fi
  od;
  atomic {
    awake(me); gap[me] = false; nothing = false; deserted = false;
    if
    :: side == WRITER && result == ours -> begun++; id = begun
    :: else
    fi
  }
}

inline write() {
  d_step { WORD_OF(pos, 0) = id }
  d_step { WORD_OF(pos, 1) = id }                                                               /* [ring.written] */
}

inline publish() {
  d_step {                                                                                      /* [ring.published] */
    tail = (pos + 1) % AROUND;
    assert(FILLED(tail, head) <= CAPACITY);
    log[sent] = id; sent++; committed[me]++;
#ifdef BROKEN_OWN_POSITION
    kept = tail
#endif
  }
}

inline send() {
#ifdef BROKEN_RING_BEFORE_PUBLISH
  write(); ring(READER); publish();
#else
#ifdef BROKEN_COMMIT_BEFORE_WRITE
  publish(); write();
#else
  write(); publish();
#endif
#endif
#if MANY_WRITERS
  give_back(0);
#endif
#ifndef BROKEN_RING_BEFORE_PUBLISH
  ring(READER)
#endif
}

inline copy() {
  a = WORD_OF(pos, 0);
  d_step {                                                                                      /* [ring.copied] */
    c = FILLED(pos, head);
    assert(taken + c < sent);
    assert(a == log[taken + c]);
    assert(WORD_OF(pos, 1) == a);
    assert(c >= ahead || redelivered);
    ahead = (c >= ahead -> c + 1 : ahead);
    a = 0; c = 0; pos = (pos + 1) % AROUND
  }
}

inline advance() {
  d_step {                                                                                      /* [ring.advanced] */
    c = FILLED(pos, head);
    taken = taken + c;
    ahead = (ahead > c -> ahead - c : 0);
    redelivered = redelivered && ahead > 0;
    head = pos; c = 0
  }
}

inline receive() {
#ifdef BROKEN_ADVANCE_BEFORE_COPY
  d_step { head = (pos + 1) % AROUND }
  a = WORD_OF(pos, 0);
  d_step { assert(a == log[taken] && WORD_OF(pos, 1) == a); taken++; a = 0 }
#else
  do
  :: copy();
     if
     :: atomic { DRAIN && pos != seen }
     :: break
     fi
  od;
  advance();
#endif
#if MANY_READERS
  give_back(0);
#endif
  ring(WRITER)
}

proctype user(byte me) {
  byte i, k, seat, mine, side, pos, seen, c, id, a;
#ifdef BROKEN_OWN_POSITION
  byte kept;
#endif
  short w;
  mtype result;
  bool alive, swapped, futexes, watchers, nothing, deserted;

  atomic {
    side = SIDE(me); seat = me;
    if
    :: (LATE >> me) & 1 -> seat = 0; goto born
    :: else -> mine = (seat + 1) << 4 | entry[seat]; goto work
    fi
  }
born:
  {
    living[me] = true;
    sit_down();
work:
#ifdef BROKEN_OWN_POSITION
    kept = tail;
#endif
    if
    :: !MANY -> own()
    :: else -> result = ours
    fi;
    if
    :: result == busy -> farewell(); goto end                                                   /* EBUSY */
    :: else
    fi;
    do
    :: atomic { side == WRITER && committed[me] == MESSAGES -> break }
    :: atomic { side == READER && may_leave(me) -> break }
    :: atomic { side == READER || committed[me] < MESSAGES -> id = 0; pos = 0; seen = 0; result = again }
       wait();
       if
       :: atomic { result == refused -> result = again; break }                                 /* EPIPE */
       :: atomic { result == ours && side == WRITER } send()
       :: atomic { result == ours && side == READER } receive()
       fi
    od;
    if
    :: may_leave(me) ->
       if
       :: !MANY -> give_back(0)
       :: else
       fi;
       farewell()
    :: skip
    fi;
end:
    finished[me] = true
  } unless {
    atomic {
      killed[me] ->
      forget();
      k = 0; pos = 0; seen = 0; c = 0; id = 0; a = 0; nothing = false; deserted = false; gap[me] = false;
      if
      :: restarts < RESTARTS -> restarts++; killed[me] = false; finished[me] = false; goto born
      :: skip
      fi;
      finished[me] = true
    }
  }
}

init {
  atomic {
    byte p;
    for (p : 0 .. (N - 1)) {
      if
      :: (LATE >> p) & 1
      :: else ->
         living[p] = true; holder[p] = p + 1; entry[p] = OCCUPIED | 1; share[p] = SIDE(p) + 1; sits[p] = SIDE(p) + 1;
         came[SIDE(p)]++; there[SIDE(p)]++
      fi
    }
    for (p : 0 .. (N - 1)) { run user(p) }
  }
}

#include "common/death.pml"
