import { Broadcast, Latest, type LatestWriter } from 'posix-ipc';
import type { Company } from '../company.js';
import type { Tally } from '../tally.js';
import { judgeNumbers } from './judge.js';
import { firstNumber, parse } from './layout.js';
import type { WideStage } from './stage.js';

/** Milliseconds. */
const timeout = 10_000;

/** When all victims have ended: the last that was sent is whole, all have gone, and another one goes on with the next. */
export async function auditWide(stage: WideStage, company: Company, tally: Tally): Promise<void> {
  let opened: ReturnType<typeof openLatest | typeof openBroadcast> | undefined;
  try {
    opened = stage.kind === 'latest' ? openLatest(stage) : openBroadcast(stage);
    const { object, read, next } = opened;
    const found = read();
    const last = found && parse(found);
    if (last === undefined) return tally.fault(found === undefined ? 'lost' : 'torn', 'what was sent last');
    const end = await next().catch(({ code }) => code);
    if (end !== 'EPIPE') tally.fault('unreported', `the writer has gone: ${end}`);
    const writer = object.writer();
    const number = 'sent' in writer ? writer.sent : writer.version + 1;
    if (number - firstNumber !== last.number + 1)
      tally.fault('corrupt', `after ${last.number} comes ${number - firstNumber}`);
    send(writer, 'after all');
    const after = String(await next());
    if (after !== 'after all') tally.fault('corrupt', `after all of it: ${after}`);
    judgeNumbers(stage, company, last.number, tally);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    tally.fault(code === 'ETIMEDOUT' || code === 'EBUSY' ? 'stuck' : 'corrupt', message);
  } finally {
    opened?.object.close();
  }
}

function openLatest({ name }: WideStage) {
  const object = Latest.open(name);
  const reader = object.reader();
  return { object, read: () => reader.get(), next: () => reader.next({ timeout }) };
}

function openBroadcast({ name }: WideStage) {
  const object = Broadcast.open(name);
  const reader = object.reader({ from: 'last' });
  return {
    object,
    read: () => reader.tryReceive()?.data,
    next: async () => (await reader.receive({ timeout })).data,
  };
}

function send(writer: LatestWriter | ReturnType<Broadcast['writer']>, text: string): void {
  if ('send' in writer) writer.send(text);
  else writer.set(text);
}
