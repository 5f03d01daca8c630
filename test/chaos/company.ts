import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { recordOffset, Slot } from './layout.js';
import type { Stage } from './stage.js';

export interface Call {
  readonly node: boolean;
  readonly role: string;
  readonly focus: string;
  readonly seed: number;
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
      ? [nodeProgram, prefix, String(slot), String(call.seed), call.role]
      : [path, String(slot), String(call.seed), prefix, call.role, call.focus];
    const record = { POSIX_IPC_CHAOS_PAGE: path, POSIX_IPC_CHAOS_RECORD: String(recordOffset(slot)) };
    const child = spawn(call.node ? process.execPath : this.#program, args, {
      env: { ...process.env, ...record },
      stdio: ['ignore', 'ignore', this.#loud ? 'inherit' : 'ignore'],
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
    member.child.kill('SIGKILL');
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
    for (const member of this.living.values()) member.child.kill('SIGKILL');
    while (!(await this.ended(1000)));
  }

  #ended(member: Member, code: number | null, signal: NodeJS.Signals | null): void {
    this.living.delete(member.slot);
    this.#wake?.();
    if (signal === 'SIGKILL') {
      const intent = this.#stage.ofSlot(member.slot, Slot.intent);
      const death = { member, object: intent >> 8, phase: intent & 255 };
      this.deaths.push(death);
      this.onDeath(death);
    } else if (code !== 0) {
      this.failures.push(`victim ${member.slot} (pid ${member.pid}) ended with ${signal ?? code}`);
    }
  }
}
