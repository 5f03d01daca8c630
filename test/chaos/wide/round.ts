import { holdAll, onStage } from '../channel/round.js';
import type { Company } from '../company.js';
import type { Run } from '../round.js';
import { auditWide } from './audit.js';
import { kinds, rolesOf, type WideKind } from './layout.js';
import { WideStage } from './stage.js';

export function onWide(
  run: Run,
  name: string,
  kind: WideKind,
  scene: (stage: WideStage, company: Company) => Promise<void>,
): Promise<void> {
  return onStage(run, new WideStage(`${run.prefix}-${name}`, kind), auditWide, scene);
}

/** A writer and readers of a latest value or a broadcast: each post starts one after another and kills it. */
export async function wideRound(run: Run, number: number): Promise<void> {
  const kind = kinds[number % 2] as WideKind;
  const { writer, reader } = rolesOf[kind];
  await onWide(run, `${number}w`, kind, (stage, company) =>
    holdAll(run, stage, company, number, [writer, reader, reader]),
  );
}
