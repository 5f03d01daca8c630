/** The middle of a sample; of two middles, their mean. */
export function median(sample: readonly number[]): number {
  return quantile(sample, 0.5);
}

/** Linear between the two neighbours. */
export function quantile(sample: readonly number[], fraction: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** Half the distance between the quartiles, as a share of the median: how far a repeated run may lie off. */
export function spread(sample: readonly number[]): number {
  return (quantile(sample, 0.75) - quantile(sample, 0.25)) / 2 / median(sample);
}
