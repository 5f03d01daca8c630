import type { ObjectIdentity, ObjectKind } from '../../inspect/index.js';

export type MechanismName = 'posix-shm' | 'posix-mq' | 'sysv-shm' | 'sysv-msg';

/** What all processes of one run have to agree on. */
export interface Run {
  /** Begins every POSIX name. */
  tag: string;
  /** The key of every System V object. */
  key: number;
  /** Bytes of an item. */
  size: number;
}

/** Items that fit at a time: as many as the kernel grants a POSIX queue of any user (mq_overview(7)). */
export const slots = 10;

/** One way to hand items from a process to another. */
export interface Mechanism {
  readonly name: MechanismName;
  readonly title: string;
  create(run: Run): Objects;
  producer(run: Run): Producer;
  consumer(run: Run): Consumer;
}

/** The kernel objects of a mechanism, as the process holds them that made them. */
export interface Objects {
  /** Items that fit, where it is not `slots`. */
  readonly room?: number;
  readonly exhibits: Exhibit[];
  /** The numbers that neither `ls` nor `ipcs` shows. */
  facts(): string[];
  /** Items that were put and not taken. */
  left(): number;
  destroy(): void;
}

/** An object to be shown as the kernel shows it. */
export type Exhibit = ObjectIdentity & { kind: ObjectKind; label: string };

/** Puts items, each a whole buffer, and waits while there is no room. */
export interface Producer {
  put(item: Buffer): void;
  close(): void;
}

/** Takes the next item into a buffer and gives its length; waits while there is none. */
export interface Consumer {
  take(into: Buffer): number;
  close(): void;
}
