import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Point, recordOffset, Slot } from './layout.js';
import type { Stage } from './stage.js';

export interface Call {
  readonly node: boolean;
  readonly role: string;
  readonly focus: string;
  readonly seed: number;
  /** A program that starts it, as its only child. */
  readonly within?: readonly string[];
}

export interface Member extends Call {
  readonly slot: number;
  readonly child: ChildProcess;
  readonly pid: number;
  killed: boolean;
}

export interface Death {
  readonly member: Member;
  readonly object: number;
  readonly phase: number;
}

const nowhere = openSync('/dev/null', 'w');
const nodeProgram = fileURLToPath(new URL('node-victim.js', import.meta.url));

/** The victims of one stage. Every one that was started ends before `dismissed()` does; processes are ended by pid only. */
export class Company {
  readonly living = new Map<number, Member>();
  readonly deaths: Death[] = [];
  readonly failures: string[] = [];
  /** Called for each that was killed. */
  onDeath: (death: Death) => void = () => {};
  readonly #stage: Stage;
  readonly #program: string;
  readonly #loud: boolean;
  #slots = 0;
  #wake: (() => void) | undefined;

  constructor(stage: Stage, program: string, loud: boolean) {
    this.#stage = stage;
    this.#program = program;
    this.#loud = loud;
  }

  get started(): number {
    return this.#slots;
  }

  start(call: Call, prepare: (slot: number) => void = () => {}): Member {
    const slot = this.#slots++;
    prepare(slot);
    const { path, prefix } = this.#stage;
    const args = call.node
      ? [nodeProgram, prefix, String(slot), String(call.seed), call.role, call.focus]
      : [path, String(slot), String(call.seed), prefix, call.role, call.focus];
    const errors = this.#loud ? 2 : nowhere;
    const record = { POSIX_IPC_CHAOS_PAGE: path, POSIX_IPC_CHAOS_RECORD: String(recordOffset(slot)) };
    const [program, ...words] = [
      ...(call.within ?? []),
      call.node ? process.execPath : this.#program,
      ...args,
    ];
    const child = spawn(program as string, words, {
      env: { ...process.env, ...record },
      stdio:
        call.within === undefined ? ['ignore', 'ignore', errors] : ['ignore', 'ignore', 'ignore', errors],
    });
    const member: Member = { ...call, slot, child, pid: child.pid ?? -1, killed: false };
    this.living.set(slot, member);
    child.on('exit', (code, signal) => this.#ended(member, code, signal));
    child.on('error', (error) => {
      this.failures.push(`could not start a victim: ${error.message}`);
      this.#ended(member, 0, null);
    });
    return member;
  }

  /** Nothing happens where it has ended already: its pid may be another's by now. */
  kill(member: Member): void {
    if (!this.living.has(member.slot)) return;
    member.killed = true;
    if (member.within === undefined) member.child.kill('SIGKILL');
    else killOnlyChild(member.pid);
  }

  /** Of the victim itself; `undefined` where it has just ended. */
  pidOf(member: Member): number | undefined {
    return member.within === undefined ? member.pid : onlyChild(member.pid);
  }

  /** Until all have ended, or the time is over. */
  async ended(milliseconds: number): Promise<boolean> {
    const end = Date.now() + milliseconds;
    while (this.living.size > 0 && Date.now() < end) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 20);
      });
    }
    return this.living.size === 0;
  }

  async dismissed(): Promise<void> {
    for (const { child, pid, within } of this.living.values()) {
      // Who started it ends with it, and not before.
      if (within === undefined || !killOnlyChild(pid)) child.kill('SIGKILL');
    }
    while (!(await this.ended(1000)));
  }

  /** What unshare(1) ends with says nothing of it. */
  #wasKilled({ killed, slot }: Member): boolean {
    return killed || this.#stage.ofSlot(slot, Point.died) !== 0;
  }

  #ended(member: Member, code: number | null, signal: NodeJS.Signals | null): void {
    this.living.delete(member.slot);
    this.#wake?.();
    if (signal === 'SIGKILL' || (member.within !== undefined && this.#wasKilled(member))) {
      const intent = this.#stage.ofSlot(member.slot, Slot.intent);
      const death = { member, object: intent >> 8, phase: intent & 255 };
      this.deaths.push(death);
      this.onDeath(death);
    } else if (code !== 0) {
      this.failures.push(`victim ${member.slot} (pid ${member.pid}) ended with ${signal ?? code}`);
    }
  }
}

function onlyChild(pid: number): number | undefined {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return /^\d+$/.test(pids) ? Number(pids) : undefined;
}

/** The one who waits for the child has not ended, and does nothing else: the pid is nobody else's. */
function killOnlyChild(pid: number): boolean {
  const child = onlyChild(pid);
  return child !== undefined && process.kill(child, 'SIGKILL');
}
