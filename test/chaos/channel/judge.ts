import type { Company, Death } from '../company.js';
import { Point } from '../layout.js';
import type { Tally } from '../tally.js';
import { crumb, givenAt, Phase, Record } from './layout.js';
import type { ChannelStage } from './stage.js';

/** At least and at most. */
type Range = readonly [number, number];
const nothing: Range = [0, 0];
const once: Range = [1, 1];
const perhaps: Range = [0, 1];
const plus = (a: Range, b: Range): Range => [a[0] + b[0], a[1] + b[1]];

/** Points of a call after its commit, at which one who is alone at its end does nothing else. */
const afterwards = ['bell.taken', 'bell.counted', 'bell.rung'];

/** After a round, when all that was left was received: what the journals say of each message. */
export function judgeMessages(stage: ChannelStage, company: Company, tally: Tally): void {
  const verdict = new Verdict(stage, company, tally);
  verdict.hearDeaths();
  verdict.countNumbered();
  verdict.countCrumbs();
  verdict.compare();
}

class Verdict {
  readonly #stage: ChannelStage;
  readonly #company: Company;
  readonly #tally: Tally;
  readonly #deaths = new Map<number, Death>();
  /** Messages that died with their readers. */
  #swallowed = nothing;
  /** How much more often a message may, and has to, be given. */
  readonly #again = new Map<number, Range>();
  #missing = 0;
  /** How many more may be missing. */
  #inDoubt = 0;
  readonly #examples: string[] = [];

  constructor(stage: ChannelStage, company: Company, tally: Tally) {
    this.#stage = stage;
    this.#company = company;
    this.#tally = tally;
    for (const death of company.deaths) this.#deaths.set(death.member.slot, death);
  }

  hearDeaths(): void {
    for (const death of this.#company.deaths) {
      this.#swallowed = plus(this.#swallowed, this.#swallowedBy(death));
      for (const [id, range] of this.#unreleasedBy(death))
        this.#again.set(id, plus(this.#again.get(id) ?? nothing, range));
    }
  }

  countNumbered(): void {
    for (let slot = 0; slot < this.#company.started; slot++) {
      const sent = this.#stage.ofRecord(slot, Record.sent);
      const until = this.#stage.ofRecord(slot, Record.until);
      const death = this.#deaths.get(slot);
      const [least, most] = death === undefined ? nothing : this.#committedBy(death, until - sent);
      for (let number = 1; number <= sent + most; number++) {
        const id = (slot << 16) | number;
        const given = this.#givenOf(id);
        const range = plus(number <= sent + least ? once : perhaps, this.#again.get(id) ?? nothing);
        this.#count(given, range, `message ${number} of victim ${slot}, which had sent ${sent} to ${until}`);
      }
      const next = this.#givenOf((slot << 16) | (sent + most + 1));
      if (next > 0) this.#tally.fault('phantom', `message ${sent + most + 1} of victim ${slot} was not sent`);
    }
  }

  countCrumbs(): void {
    let given = 0;
    let range = this.#again.get(crumb) ?? nothing;
    for (let slot = 0; slot < this.#company.started; slot++) {
      given += this.#stage.ofRecord(slot, Record.crumbsGiven);
      const sent = this.#stage.ofRecord(slot, Record.crumbsSent);
      const doubt = this.#stage.ofRecord(slot, Record.crumbsUntil) - sent;
      const death = this.#deaths.get(slot);
      range = plus(range, [sent, sent]);
      if (death !== undefined) range = plus(range, this.#committedBy(death, doubt));
    }
    this.#count(given, range, 'short messages');
  }

  /** What is missing has to have died with a reader, and what has died with one must not have come. */
  compare(): void {
    const [least, most] = this.#swallowed;
    this.#tally.swallowed += this.#missing;
    const seen = `${this.#missing} to ${this.#missing + this.#inDoubt} messages missing of ${least} to ${most}`;
    if (this.#missing > most) this.#tally.fault('lost', `${seen}: ${this.#examples.join('; ')}`);
    if (this.#missing + this.#inDoubt < least) this.#tally.fault('duplicated', seen);
  }

  #count(given: number, [least, most]: Range, what: string): void {
    this.#tally.messages += given;
    this.#tally.again += Math.max(0, given - 1);
    if (given > most) this.#tally.fault('duplicated', `${what}: given ${given} times of ${least} to ${most}`);
    if (given < least && this.#examples.push(`${what}: ${given} of ${least}`) > 5) this.#examples.pop();
    this.#missing += Math.max(0, least - given);
    this.#inDoubt += Math.max(0, most - Math.max(least, given));
  }

  /** How often it was given; a reader that died with it in its hands may not have counted it. */
  #givenOf(id: number): number {
    const given = Atomics.load(this.#stage.bytes, givenAt(id));
    if (given > 0) return given;
    const has = (death: Death) =>
      death.phase === Phase.receiving && this.#stage.ofRecord(death.member.slot, Record.given) === id;
    return this.#company.deaths.some(has) ? 1 : 0;
  }

  #since({ member }: Death): { since: string; armed: boolean } {
    const { points } = this.#tally;
    if (member.node) return { since: 'Node', armed: false };
    return {
      since: points[this.#stage.ofSlot(member.slot, Point.since)] as string,
      armed: this.#stage.ofSlot(member.slot, Point.died) !== 0,
    };
  }

  /** What of `doubt` messages one has committed that died. */
  #committedBy(death: Death, doubt: number): Range {
    if (death.phase !== Phase.sending || doubt <= 0) return nothing;
    const { since, armed } = this.#since(death);
    // Of several as many as there was room for.
    const some: Range = [1, doubt];
    if (since === 'ring.published') return some;
    if (since === 'ring.written') return armed ? nothing : [0, doubt];
    if (since === 'Node') return [0, doubt];
    if (this.#stage.ends.writers === 'one' && afterwards.includes(since)) return some;
    if (afterwards.includes(since) || since === 'mutex.unlocked') return [0, doubt];
    return nothing;
  }

  /** Taken, and not yet given. */
  #swallowedBy(death: Death): Range {
    const given = this.#stage.ofRecord(death.member.slot, Record.given);
    if (death.phase !== Phase.receiving || (given !== 0 && given !== crumb)) return nothing;
    if (given === crumb) return perhaps;
    const { since, armed } = this.#since(death);
    if (since === 'ring.advanced') return once;
    if (since === 'ring.copied') return armed ? nothing : perhaps;
    if (since === 'Node') return perhaps;
    if (this.#stage.ends.readers === 'one' && afterwards.includes(since)) return once;
    return afterwards.includes(since) || since === 'mutex.unlocked' ? perhaps : nothing;
  }

  /** Messages that were given where they lay, and whose room was not given back, or may not have been. */
  #unreleasedBy(death: Death): [number, Range][] {
    const { slot } = death.member;
    const count = this.#stage.ofRecord(slot, Record.unreleasedCount);
    const ids = Array.from({ length: count }, (_, index) =>
      this.#stage.ofRecord(slot, Record.unreleased + index),
    );
    const { since, armed } = this.#since(death);
    const released = since === 'ring.advanced' ? nothing : since === 'ring.copied' && armed ? once : perhaps;
    const last = ids.length - 1;
    switch (death.phase) {
      // It may not have counted the last one.
      case Phase.visiting:
        return ids.map((id, index) => [id, index === last ? perhaps : once]);
      case Phase.draining:
        return ids.map((id) => [id, since === 'ring.copied' && count === 64 ? perhaps : released]);
      case Phase.leasing:
        return ids.map((id) => [id, this.#stage.ofRecord(slot, Record.given) === id ? once : perhaps]);
      case Phase.releasing:
        return ids.map((id) => [id, released]);
      default:
        return [];
    }
  }
}
