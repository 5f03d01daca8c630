// One of two processes that hand a mutex to and fro: hand-over.js MUTEX PAGE ME HOLD ROUNDS. Prints nanoseconds from an
// unlock to the lock that follows it, a line each.
import { Mutex, SharedMemory } from 'posix-ipc';
import { now } from '../native.js';
import { Page } from './page.js';

const [mutexName, pageName, who, holdFor, rounds] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const mutex = Mutex.open(mutexName);
const page = new Page(SharedMemory.open(pageName));
const me = Number(who);
const other = 1 - me;
const hold = Number(holdFor);
const taken: number[] = [];

for (let round = 1; round <= Number(rounds); round++) {
  page.call(me, round);
  const guard = mutex.lockSync();
  const locked = now();
  taken.push(locked - page.unlocked);
  page.lock(me, round);
  // Until the other one stands at the door.
  while (page.called(other) === page.locked(other) && !page.ended);
  while (now() - locked < hold);
  const turn = page.locked(other);
  page.unlocked = now();
  guard.unlock();
  // The other one goes first, or this would be no hand-over.
  while (page.locked(other) === turn && !page.ended);
}
page.end();
process.stdout.write(taken.join('\n'));
