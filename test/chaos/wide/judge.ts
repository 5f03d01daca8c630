import { Phase, Record, Role } from '../channel/layout.js';
import type { Company, Death } from '../company.js';
import { Point, Slot, State } from '../layout.js';
import type { Tally } from '../tally.js';
import { readAt, senderAt } from './layout.js';
import type { WideStage } from './stage.js';

/** After a round: what the journals say of each number, of which `last` was sent last. */
export function judgeNumbers(stage: WideStage, company: Company, last: number, tally: Tally): void {
  for (const death of company.deaths) judgeDeath(stage, company, death, last, tally);
  for (let slot = 0; slot < company.started; slot++) judgeReader(stage, slot, last, tally);
  for (let number = 0; number <= last + 1; number++) {
    const read = stage.ofNumbers(readAt(number));
    if (read === 0) continue;
    tally.messages += 1;
    if (number > last || read !== stage.ofNumbers(senderAt(number)))
      tally.fault('phantom', `${number} was read as attempt ${read.toString(16)}, which was not sent`);
  }
}

/** Of a writer: whether what it was about is sent, as far as that is known. */
function judgeDeath(
  stage: WideStage,
  company: Company,
  { member, phase }: Death,
  last: number,
  tally: Tally,
): void {
  const { slot, node } = member;
  if (stage.ofRecord(slot, Record.role) !== Role.write || phase !== Phase.sending || node) return;
  const number = stage.ofRecord(slot, Record.until) - 1;
  const next = firstAfter(stage, company, slot) ?? last + 1;
  const since = tally.points[stage.ofSlot(slot, Point.since)] as string;
  const published = since === `${stage.kind}.published` || since.startsWith('bell');
  const unpublished = stage.ofSlot(slot, Point.died) !== 0 && !published;
  const seen = `${number} of victim ${slot}, which died after ${since}: the next is ${next}`;
  if (published && next <= number) tally.fault('lost', seen);
  if (unpublished && next > number) tally.fault('phantom', seen);
}

/** One writer comes after another. */
function firstAfter(stage: WideStage, company: Company, slot: number): number | undefined {
  for (let other = slot + 1; other < company.started; other++) {
    const first = stage.ofRecord(other, Record.first);
    if (first !== 0) return first - 1;
  }
  return undefined;
}

/** One that has read to the end has read the last. */
function judgeReader(stage: WideStage, slot: number, last: number, tally: Tally): void {
  const state = stage.ofSlot(slot, Slot.state);
  if (state !== State.done && state !== State.quiet) return;
  const given = stage.ofRecord(slot, Record.given);
  if (given !== 0 && given !== last + 1)
    tally.fault('lost', `reader ${slot} ended with ${given - 1}, and ${last} was sent`);
}
