import type { FileLock } from './file-locks.js';
import { judgePosix } from './posix-verdict.js';
import type { Survey } from './processes.js';
import type { ObjectRecord, PosixRecord } from './record.js';
import { judgeQueue, judgeSegment, judgeSet } from './sysv-verdict.js';

/**
 * - `in use`: a process has it mapped, open or attached, waits on it, or its last user or creator is alive
 * - `orphan`: proof that nobody is left who could use it
 * - `unclaimed`: nobody has it, and nothing tells whether somebody still wants it
 * - `unknown`: something that would tell may not be read
 */
export type Verdict = 'in use' | 'orphan' | 'unclaimed' | 'unknown';

export interface Judgement {
  verdict: Verdict;
  /** What the verdict rests on, a sentence each. */
  evidence: string[];
}

export interface Judged extends Judgement {
  object: ObjectRecord;
}

/** What the kernel told about all objects, at about one moment. */
export interface Facts {
  survey: Survey;
  /** Whether there may be processes that /proc does not even name. */
  hidden: boolean;
  /** `undefined`: they could not be read. */
  locks: readonly FileLock[] | undefined;
  /** The names of POSIX semaphores by inode: two of one are two links of one file. */
  semaphores: ReadonlyMap<string, readonly PosixRecord[]>;
}

export function judge(object: ObjectRecord, facts: Facts): Judgement {
  switch (object.kind) {
    case 'sysv-shm':
      return judgeSegment(object, facts);
    case 'sysv-sem':
      return judgeSet(object);
    case 'sysv-msg':
      return judgeQueue(object);
    default:
      return judgePosix(object, facts);
  }
}
