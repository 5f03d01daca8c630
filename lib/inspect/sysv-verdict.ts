import { IpcError } from '../errors.js';
import { SemaphoreSet } from '../sysv/semaphore-set.js';
import { command, isAlive } from './process.js';
import { describeUser } from './processes.js';
import type { SysvMessageQueueRecord, SysvSemaphoreSetRecord, SysvSharedMemoryRecord } from './record.js';
import type { Facts, Judgement } from './verdict.js';

export function judgeSegment(object: SysvSharedMemoryRecord, { survey }: Facts): Judgement {
  const { attached, creatorPid, removed } = object;
  const users = (survey.usersOf(object) ?? []).map(describeUser);
  const count = `it is attached ${attached} times`;
  if (removed) {
    const fate = 'it is removed (IPC_RMID): nobody finds it by its key, and it goes with its last attachment';
    return { verdict: 'orphan', evidence: [fate, count, ...users] };
  }
  if (attached > 0) return { verdict: 'in use', evidence: [count, ...users] };

  const nobody = 'nobody has it attached';
  if (creatorPid === 0) {
    return {
      verdict: 'unknown',
      evidence: [nobody, 'its creator is of a PID namespace that is not seen here'],
    };
  }
  if (isAlive(creatorPid)) return { verdict: 'in use', evidence: [alive('its creator', creatorPid)] };
  return { verdict: 'unclaimed', evidence: [nobody, `its creator, process ${creatorPid}, is gone`] };
}

/** Nobody holds a set open; the kernel keeps who changed each semaphore last, and who waits. */
export function judgeSet({ id }: SysvSemaphoreSetRecord): Judgement {
  try {
    const set = SemaphoreSet.fromId(id);
    const indices = Array.from({ length: set.count }, (_, index) => index);
    const waiting = indices.reduce(
      (sum, index) => sum + set.waitingForIncrease(index) + set.waitingForZero(index),
      0,
    );
    const evidence = waiting > 0 ? [`threads that wait in semop(2): ${waiting}`] : [];
    return judgeByLastUsers(
      'the process that changed it last',
      indices.map((index) => set.lastPid(index)),
      evidence,
    );
  } catch (error) {
    if (!(error instanceof IpcError)) throw error;
    return { verdict: 'unknown', evidence: [`its semaphores could not be read: ${error.code}`] };
  }
}

/** Nobody holds a queue open; the kernel keeps who sent and who received last. */
export const judgeQueue = ({ lastSendPid, lastReceivePid }: SysvMessageQueueRecord): Judgement =>
  judgeByLastUsers('its last sender or receiver', [lastSendPid, lastReceivePid], []);

function judgeByLastUsers(role: string, pids: number[], uses: string[]): Judgement {
  const known = [...new Set(pids)].filter((pid) => pid !== 0);
  const living = known.filter(isAlive);
  const inUse = [...uses, ...living.map((pid) => alive(role, pid))];
  if (inUse.length > 0) return { verdict: 'in use', evidence: inUse };
  const gone = known.map((pid) => `${role}, process ${pid}, is gone`);
  return {
    verdict: 'unclaimed',
    evidence: [
      'the kernel does not keep which process made it, nor who holds it',
      ...(gone.length > 0 ? gone : ['nobody is known to have used it']),
    ],
  };
}

// The number may have come to another process since; then the object looks used, and is left alone.
function alive(role: string, pid: number): string {
  try {
    return `${role}, process ${pid} (${command(pid)}), is alive`;
  } catch {
    return `${role}, process ${pid}, is alive`;
  }
}
