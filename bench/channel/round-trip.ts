// Two processes that hand a message to and fro: round-trip.js ping|echo spin|sleep|await THERE BACK SIZE SECONDS.
// bench/floors/channel-round-trip.c is the same in C.
import { Channel, type ChannelReader } from 'posix-ipc';
import { now } from '../native.js';
import { pingAwaiting, pingBlocking } from './ping.js';
import { report, takePlaces } from './stage.js';

/** Nanoseconds of work before each answer where both sleep: longer than anyone looks before a sleep. */
const work = 300_000;

const [role, how, there, back, size, seconds] = process.argv.slice(2) as [
  'ping' | 'echo',
  'spin' | 'sleep' | 'await',
  string,
  string,
  string,
  string,
];
const pings = role === 'ping';
const writer = Channel.open(pings ? there : back).writer();
const reader = Channel.open(pings ? back : there).reader();
const message = Buffer.alloc(Number(size), 1);
takePlaces();
if (pings) report(await measure());
else await echoUntilAlone();

async function echoUntilAlone(): Promise<void> {
  try {
    if (how === 'await') await echoAwaiting();
    else echo(how === 'spin' ? receiveSpinning : receiveAsleep);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

function measure() {
  const send = () => {
    writer.trySend(message);
  };
  if (how === 'await') {
    return pingAwaiting(Number(seconds), async () => {
      send();
      await reader.receiveInto(message);
    });
  }
  // Of the time asleep, the work on both sides is no part.
  const [receive, block, subtracted] =
    how === 'spin' ? ([receiveSpinning, 100, 0] as const) : ([receiveAsleep, 1, 2 * work] as const);
  const roundTrip = () => {
    send();
    receive(reader);
  };
  return pingBlocking(Number(seconds), roundTrip, { block, subtracted });
}

function receiveSpinning(from: ChannelReader): void {
  while (from.tryReceiveInto(message) === undefined);
}

function receiveAsleep(from: ChannelReader): void {
  from.receiveIntoSync(message);
  for (const until = now() + work; now() < until; );
}

function echo(receive: (from: ChannelReader) => void): never {
  for (;;) {
    receive(reader);
    writer.trySend(message);
  }
}

async function echoAwaiting(): Promise<never> {
  for (;;) {
    await reader.receiveInto(message);
    writer.trySend(message);
  }
}
