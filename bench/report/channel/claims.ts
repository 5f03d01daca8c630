import Table from 'cli-table3';
import pc from 'picocolors';
import { median, spread } from '../../stats.js';

export interface Report {
  readonly text: string;
  readonly kept: boolean;
}

/** What is promised of a channel: the median of all runs keeps the limit. Without one it is only shown. */
export interface Claim {
  readonly title: string;
  /** Of each run; a ratio is one of figures of the same run. */
  readonly measured: readonly number[];
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly unit?: string;
}

export function judge(claims: readonly Claim[]): Report {
  const table = new Table({ head: ['', 'measured', '±', 'limit', ''] });
  let allKept = true;
  for (const { title, measured, atLeast, atMost, unit = '' } of claims) {
    const figure = median(measured);
    const kept = (atLeast === undefined || figure >= atLeast) && (atMost === undefined || figure <= atMost);
    const limited = atLeast !== undefined || atMost !== undefined;
    allKept &&= kept;
    table.push([
      title,
      withUnit(figure, unit),
      percent(measured),
      limited
        ? `${atLeast === undefined ? 'at most' : 'at least'} ${withUnit(atLeast ?? atMost ?? 0, unit)}`
        : '',
      limited ? (kept ? pc.green('kept') : pc.red('missed')) : '',
    ]);
  }
  return { text: table.toString(), kept: allKept };
}

/** The first over the second, run by run. */
export function ratios(first: readonly number[], second: readonly number[]): number[] {
  return first.map((figure, run) => figure / (second[run] as number));
}

/** Empty where there is nothing to be seen of it. */
export function percent(sample: readonly number[]): string {
  return median(sample) === 0 || sample.length === 1 ? '' : `${(100 * spread(sample)).toFixed(1)} %`;
}

export function nodeMajor(): number {
  return Number(process.versions.node.split('.')[0]);
}

export function digits(figure: number): string {
  if (figure === 0 || Math.abs(figure) >= 100) return figure.toFixed(0);
  return figure >= 0.01 ? figure.toPrecision(3) : figure.toExponential(1);
}

function withUnit(figure: number, unit: string): string {
  return unit === '' ? digits(figure) : `${digits(figure)} ${unit}`;
}
