/*
 * What the kernel does for the protocols: byte locks, watches and their events, futex sleep. What it does when a process
 * dies is in death.pml.
 *
 * A model first says N (processes), SEATS, KILLS, RESTARTS and FUTEXES (bit p: p sleeps on the futex word, else on
 * inotify). Each step is one access to what is shared, so that others, and death, can come between any two.
 */
#ifdef BROKEN_NO_TIMED_LOOK
#define TIMED_LOOKS false
#else
#define TIMED_LOOKS true
#endif

#define FUTEX(p) ((FUTEXES >> (p)) & 1)
#define GHOST 254               /* holder of a byte whose process is dead but whose files are not closed yet */

bool living[N];                 /* has the segment open */
bool killed[N];
byte kills, restarts;

#define OCCUPIED 8              /* with a count from 0 to 7; the code has 20 bits for it */
byte entry[SEATS];              /* what the segment says of each seat: see seat.pml */

byte holder[SEATS];             /* who has locked the seat's byte: 0 nobody, p + 1, or GHOST */
byte ghosts;                    /* how many bytes are held by GHOST */

byte at[N];                     /* the bell that p is about to sleep at, of a model with several */
bool ready[N];                  /* p is about to sleep: it has a watch, or has read the bell's sequence */
bool event[N];                  /* inotify: p has unread events; equal events merge, so a flag is enough */
bool moved[N];                  /* futex: the sequence is no longer what p read */
bool asleep[N];                 /* futex: p is inside futex_wait */
bool due[N];                    /* p's timed look is still to come: see bell.pml */

/* F_OFD_GETLK through p's own description: does another description hold the byte? */
#define byte_taken(k, p) (holder[k] != 0 && holder[k] != (p) + 1)

inline awake(p) {
  ready[p] = false; at[p] = 0; event[p] = false; moved[p] = false; asleep[p] = false; due[p] = false
}
