/** The value that `percent` of the others do not exceed; 0 of nothing. */
export const percentile = (values: readonly number[], percent: number): number => {
  const sorted = Float64Array.from(values).sort();
  const rank = Math.ceil((percent / 100) * sorted.length);
  return round(sorted[Math.max(0, rank - 1)] ?? 0);
};

export const round = (value: number): number => Math.round(value * 10) / 10;
