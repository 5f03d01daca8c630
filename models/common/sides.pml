/*
 * The two sides of a channel: writers, readers. Each has its bell, where it sleeps; its owner word; and the seats of those
 * who have its role.
 *
 * A model says before: WRITERS (processes 0 to WRITERS - 1 write, the others read). Needs in the process: byte me, i, k, c,
 * seat, mine, side; bool deserted.
 */
#define WRITER 0
#define READER 1
#define SIDE(p) ((p) < WRITERS -> WRITER : READER)

byte share[SEATS];              /* the role of who sits there: its side + 1 */
byte came[2];                   /* how many have sat down on this side: a count, so that judge() sees it change */
#define IN_ROLE(k) ((entry[k] & OCCUPIED) && share[k] == 2 - side)

byte sits[N];                   /* p's side + 1, once it counts as come */
byte there[2];                  /* how many of those live */
bool gap[N];                    /* since p began to judge there was a moment without anybody on the other side */

inline gone(p) {
  if
  :: sits[p] != 0 ->
     there[SIDE(p)]--; sits[p] = 0;
     for (i : 0 .. (N - 1)) { gap[i] = gap[i] || (SIDE(i) != SIDE(p) && there[SIDE(p)] == 0) }
     i = 0
  :: else
  fi
}

/* The role before the bell: until then the seat of a dead writer, taken by a reader, looks like one of a living writer. */
inline fresh_entry() {
#ifndef BROKEN_ROLE_AFTER_BELL
  take_role()
#else
  skip
#endif
}

inline take_role() {
  d_step { share[seat] = side + 1 }                                                             /* [seat.roled] */
  d_step { came[side]++; there[side]++; sits[me] = side + 1 }
}

inline sit_down() {
  take_seat();
  ring(1);
#ifdef BROKEN_ROLE_AFTER_BELL
  take_role()
#endif
  mine = (seat + 1) << 4 | entry[seat]
}

inline farewell() {
  d_step { gone(me); entry[seat] = entry[seat] & ~OCCUPIED }                                    /* [seat.released] */
  d_step { holder[seat] = 0 }
#ifndef BROKEN_SILENT_FAREWELL
  ring(0);
  ring(1);
#endif
  d_step {
    living[me] = false;
    for (i : 0 .. (N - 1)) { event[i] = event[i] || (ready[i] && !FUTEX(i)) }
    i = 0
  }
}

/*
 * Is nobody left on the other side? Seats are looked at one by one, and meanwhile one may sit down behind us and another
 * leave before us: hence the second look at how many have come.
 */
inline judge() {
  d_step { c = came[1 - side]; gap[me] = there[1 - side] == 0; deserted = c != 0 }
  do
  :: atomic { k == SEATS || !deserted -> k = 0; break }
  :: atomic { k < SEATS && deserted && !IN_ROLE(k) -> k++ }
  :: atomic { k < SEATS && deserted && IN_ROLE(k) }
     d_step { deserted = !byte_taken(k, me); k++ }
  od;
  atomic {                                                                                      /* [ring.deserted] */
#ifndef BROKEN_ONE_LOOK_AT_CAME
    deserted = deserted && came[1 - side] == c;
#endif
    c = 0
  }
}
