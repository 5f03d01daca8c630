/** One way to hand a message to another process and to wait for its answer. */
export interface Transport {
  readonly title: string;
  /** In the process that measures; `name` is unique to this run. */
  ping(name: string, echo: Echo): Promise<Ping>;
  /** In the other process, until it is ended. */
  echo(name: string): Promise<void>;
}

export interface Ping {
  /** Sends 64 bytes and waits until they are back. */
  roundTrip(): Promise<void>;
  end(): void;
}

/** The process that answers: started when what it opens exists. */
export interface Echo {
  start(): import('node:child_process').ChildProcess;
}

export const message = Buffer.alloc(64, 1);
