import { onTestFinished } from 'vitest';
import { name } from './objects.js';
import { fixture, type Program, start } from './program.js';
import { blocked } from './until.js';

/** A name, or what another process can find of a place in a memory. */
type Place = string | { name: string; offset: number };
type Kind = 'mutex' | 'rwLock' | 'condition' | 'barrier';
type Places = Partial<Record<Kind, Place>>;
/** A seat at a channel, as test/fixtures/channel/peer.mjs takes it. */
interface SeatAt {
  channel: string;
  role: 'writer' | 'reader';
  options?: object;
}

/** What came of a call in another process. */
export interface Told {
  code?: string;
  syscall?: string;
  value?: unknown;
  held?: boolean;
  ownerDied?: boolean;
  exclusive?: boolean;
}

/** A process with handles of its own, that does what it is told. */
export interface Peer {
  readonly program: Program;
  /** What came of it. */
  ask(verb: string, options?: object): Promise<Told>;
  /** Resolves when it is under way: pending, or, if it blocks, about to; what comes of it is told later. */
  begin(verb: string, options?: object): Promise<{ told: Promise<Told> }>;
  /** The same, for a call that blocks: when it sleeps. */
  block(verb: string, options?: object): Promise<{ told: Promise<Told> }>;
  kill(): Promise<void>;
}

/** Started by the words of `under`, if there are any. */
export async function peer(
  places: Places | SeatAt,
  { under = [] }: { under?: string[] } = {},
): Promise<Peer> {
  const file = fixture('channel' in places ? 'channel/peer.mjs' : 'sync/peer.mjs');
  const [command, ...words] = [...under, process.execPath, file, JSON.stringify(places)];
  const program = start(command, words, { timeout: 50_000 });
  let text = '';
  program.child.stdout.on('data', (chunk: string) => {
    text += chunk;
  });
  await program.printed('ready');
  let asked = 0;

  const begin = async (verb: string, options?: object) => {
    asked += 1;
    const done = new RegExp(`^done ${asked} (.*)\n`, 'm');
    program.child.stdin.write(`${JSON.stringify([asked, verb, ...(options ? [options] : [])])}\n`);
    await program.printed(`begun ${asked}\n`);
    const told = program.printed(done).then((): Told => JSON.parse(done.exec(text)?.[1] ?? ''));
    told.catch(() => {}); // of one that is killed
    return { told };
  };
  return {
    program,
    begin,
    ask: async (verb, options) => (await begin(verb, options)).told,
    async block(verb, options) {
      const begun = await begin(verb, options);
      await blocked(program.pid);
      return begun;
    },
    async kill() {
      program.child.kill('SIGKILL');
      await program.ended;
    },
  };
}

/** A handle that is closed with the test. */
export function closing<T extends Disposable>(handle: T): T {
  onTestFinished(() => handle[Symbol.dispose]());
  return handle;
}

/** A new lock under a name of its own, and that name. */
export function fresh<T extends Disposable>(make: (path: string) => T): { path: string; lock: T } {
  const path = name();
  return { path, lock: closing(make(path)) };
}
