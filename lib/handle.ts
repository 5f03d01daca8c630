/** What holds a resource of the process and lets go of it. */
export interface Handle {
  readonly closed: boolean;
  /** Lets go of what is mine; the object stays for everybody else. A second time does nothing. */
  close(): void;
  [Symbol.dispose](): void;
}

/** Three intents, as native/core/intent.h numbers them. */
export const Intent = { create: 0, open: 1, openOrCreate: 2 } as const;
export type Intent = (typeof Intent)[keyof typeof Intent];

/** Known to the modules of this library alone: who does not have it cannot call a constructor. */
export const internal = Symbol('posix-ipc');
