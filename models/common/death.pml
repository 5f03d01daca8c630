/*
 * Death at any step. Every process runs its life inside `{ ... } unless { killed[me] }`.
 *
 * The model says before, in two inlines: at_death(p), where it keeps its own books about a death, and at_rest().
 */

/*
 * SIGKILL and the close event, in one step: a process that has stopped but whose files are all still open looks to the
 * others like one that is slow. Its byte comes free later, and no event follows that: the kernel closes the descriptor
 * with the highest number first, so which file goes last depends on numbers, and the event comes before the unlock.
 */
inline die(v, i) {
  at_death(v);
  kills++;
  living[v] = false;
  killed[v] = true;
  awake(v);
  for (i : 0 .. (SEATS - 1)) {
    if
    :: holder[i] == v + 1 -> holder[i] = GHOST; ghosts++
    :: else
    fi
  }
  for (i : 0 .. (N - 1)) {
    due[i] = due[i] || (TIMED_LOOKS && ready[i]);
    event[i] = event[i] || (ready[i] && !FUTEX(i))
  }
  i = 0
}

#ifndef VICTIMS
#define VICTIMS 15              /* bit p: p may be killed */
#endif
#define mortal(p) (living[p] && ((VICTIMS >> p) & 1))

active proctype kernel() {
  byte v, i;
end:
  do
  :: d_step { kills < KILLS && mortal(0) -> v = 0; die(v, i) }
  :: d_step { kills < KILLS && mortal(1) -> v = 1; die(v, i); v = 0 }
#if N > 2
  :: d_step { kills < KILLS && mortal(2) -> v = 2; die(v, i); v = 0 }
#endif
#if N > 3
  :: d_step { kills < KILLS && mortal(3) -> v = 3; die(v, i); v = 0 }
#endif
  :: d_step { ghosts > 0 ->
       i = 0;
       do
       :: holder[i] == GHOST -> break
       :: else -> i++
       od;
       holder[i] = 0; ghosts--; i = 0 }
  od
}

/*
 * Nothing moves any more: the model's at_rest() says who may still be waiting, and for what. `timeout` is true only when
 * no step is possible anywhere, and a kill that is still allowed is one: so each model runs with 0, 1, ... kills, and in
 * each run all of them come.
 */
bool rested;

active proctype rest() {
  byte r;
  atomic { timeout -> at_rest(); rested = true }
}

ltl comes_to_rest { <> rested }
