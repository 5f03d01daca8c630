import { Channel, type ChannelReader } from 'posix-ipc';
import type { Company } from '../company.js';
import type { Tally } from '../tally.js';
import { judgeMessages } from './judge.js';
import { crumb, givenAt, Record, recordAt } from './layout.js';
import { idOf } from './node-reader.js';
import type { ChannelStage } from './stage.js';

/** Milliseconds. */
const patience = 10_000;

/** When all victims have ended: both seats are free, what is left arrives, and then all have gone. */
export async function auditChannel(stage: ChannelStage, company: Company, tally: Tally): Promise<void> {
  let channel: Channel | undefined;
  try {
    channel = Channel.open(stage.name);
    const reader = channel.reader();
    const last = await receiveRest(stage, reader, company.started, tally);
    if (last !== 'EPIPE') tally.fault('unreported', `all have gone: ${last}`);
    const writer = channel.writer();
    for (const text of ['after', 'all']) await writer.send(text, { timeout: patience });
    const wait = { timeout: patience };
    const found = [await reader.receive(wait), await reader.receive(wait)];
    if (found.join(' ') !== 'after all') tally.fault('corrupt', `after all of it: ${found}`);
    if (channel.stats().used !== 0) tally.fault('corrupt', `used: ${channel.stats().used}`);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    tally.fault(code === 'ETIMEDOUT' || code === 'EBUSY' ? 'stuck' : 'corrupt', message);
  } finally {
    channel?.close();
  }
  judgeMessages(stage, company, tally);
}

/** Notes what is left as if the next victim had received it. Gives the error that ends it. */
async function receiveRest(
  stage: ChannelStage,
  reader: ChannelReader,
  slot: number,
  tally: Tally,
): Promise<string> {
  let crumbs = 0;
  for (;;) {
    try {
      const id = idOf(await reader.receive({ timeout: patience }));
      if (id === undefined) tally.fault('torn', 'a message that was left');
      else if (id === crumb) crumbs += 1;
      else Atomics.add(stage.bytes, givenAt(id), 1);
    } catch (error) {
      Atomics.add(stage.journal, recordAt(slot - 1) + Record.crumbsGiven, crumbs);
      return (error as { code?: string }).code ?? String(error);
    }
  }
}
