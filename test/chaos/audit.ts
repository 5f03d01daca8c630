import { Barrier, Condition, Mutex, RwLock, Semaphore, SharedMemory } from 'posix-ipc';
import type { Company } from './company.js';
import type { Audit } from './judge.js';
import {
  blockSize,
  namedMutex,
  namedRwLock,
  parties,
  placedMutex,
  placedRwLock,
  queue,
  Slot,
  State,
} from './layout.js';
import type { Stage } from './stage.js';
import type { Tally } from './tally.js';

/** Milliseconds. */
const patience = 10_000;

/** When all victims have ended: everything can still be used, and tells of the last deaths. */
export async function audit(stage: Stage, company: Company, tally: Tally): Promise<Audit> {
  const { prefix } = stage;
  const memory = SharedMemory.open(`${prefix}-p`);
  const reports: number[] = [];
  reports[namedMutex] = lockOnce(Mutex.open(`${prefix}-m`), tally);
  reports[placedMutex] = lockOnce(Mutex.open({ memory, offset: 0 }), tally);
  reports[namedRwLock] = lockOnce(RwLock.open(`${prefix}-r`), tally);
  reports[placedRwLock] = lockOnce(RwLock.open({ memory, offset: blockSize }), tally);
  reports[queue] = lockOnce(Mutex.open(`${prefix}-q`), tally);
  memory.close();
  Condition.open(`${prefix}-c`).close();
  checkCreations(stage, tally);
  await breakAndReset(stage, company, tally);
  const semaphore = Semaphore.open(`${prefix}-s`);
  const semaphoreValue = semaphore.value;
  semaphore.close();
  return { reports, semaphoreValue };
}

function lockOnce(lock: Mutex | RwLock, tally: Tally): number {
  try {
    const guard =
      'lockSync' in lock ? lock.lockSync({ timeout: patience }) : lock.writeSync({ timeout: patience });
    const told = guard.ownerDied ? 1 : 0;
    if (guard.ownerDied) guard.makeConsistent();
    guard.unlock();
    return told;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    tally.fault(code === 'ETIMEDOUT' ? 'stuck' : 'corrupt', message);
    return 0;
  } finally {
    if (!lock.held) lock.close();
  }
}

/** Whatever has a name is whole. */
function checkCreations(stage: Stage, tally: Tally): void {
  for (const which of [0, 1, 2, 3]) {
    const name = `${stage.prefix}-x${which}` as const;
    try {
      Mutex.open(name).close();
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (code !== 'ENOENT') tally.fault('corrupt', message);
    }
  }
}

/** After a reset it is passed; one who dies with it open breaks it; after another reset it is passed again. */
async function breakAndReset(stage: Stage, company: Company, tally: Tally): Promise<void> {
  const name = `${stage.prefix}-b` as const;
  const members = Array.from({ length: parties - 1 }, () => Barrier.open(name));
  const [first] = members as [Barrier];
  const pass = async (who: Barrier[]) => {
    const outcomes = await Promise.allSettled(who.map((member) => member.wait({ timeout: patience })));
    return outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? 'passed' : (outcome.reason as { code: string }).code,
    );
  };
  const last = () => {
    const member = Barrier.open(name);
    members.push(member);
    return member;
  };
  first.reset();
  const one = last();
  const before = await pass(members);
  if (before.some((outcome) => outcome !== 'passed'))
    tally.fault(before.includes('EOWNERDEAD') ? 'phantom' : 'stuck', `barrier after a reset: ${before}`);
  one.close();
  members.pop();

  stage.stop(false);
  const hostage = company.start({ node: false, role: 'hostage', focus: '', seed: 0 });
  while (stage.ofSlot(hostage.slot, Slot.state) !== State.quiet && company.living.has(hostage.slot))
    await new Promise((resolve) => setTimeout(resolve, 2));
  const waits = pass(members);
  company.kill(hostage);
  await company.ended(patience);
  const broken = await waits;
  if (broken.some((outcome) => outcome !== 'EOWNERDEAD'))
    tally.fault('unreported', `barrier after a death: ${broken}`);
  first.reset();
  last();
  const after = await pass(members);
  if (after.some((outcome) => outcome !== 'passed'))
    tally.fault('stuck', `barrier after the reset: ${after}`);
  for (const member of members) member.close();
}
