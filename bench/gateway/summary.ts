import type { Slice } from './slice.ts';

export type Row = Readonly<{
  name: string;
  doing: string;
  /** CPU microseconds a request: median, least and most. */
  cpuUs: Readonly<{ median: number; min: number; max: number }>;
  kernelUs: number;
  redisUs: number | undefined;
  /** Ratios of the medians; undefined when the base was not measured. */
  toNginx: number | undefined;
  toFastGateway: number | undefined;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  rssMb: number;
  cleanSlices: number;
  allSlices: number;
  /** Fewer than three clean slices: not to be quoted without saying so. None at all: the figures are those of the disturbed. */
  weak: boolean;
}>;

export type Measured = Readonly<{ name: string; doing: string; slices: readonly Slice[] }>;

/** Fewer clean slices than this make a weak figure. */
const enoughSlices = 3;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
};

/**
 * One row for each contender. The rule stands before the data: clean slices alone count, their median is the figure;
 * only where there is none, all slices count and the row is marked.
 */
export const summarise = (measured: readonly Measured[]): readonly Row[] => {
  const medianOf = (name: string): number | undefined => {
    const found = measured.find((one) => one.name === name);
    return found && median(counting(found.slices).map(({ cpuUs }) => cpuUs));
  };
  const nginx = medianOf('nginx');
  const fastGateway = medianOf('fast-gateway');

  return measured.map(({ name, doing, slices }) => {
    const counted = counting(slices);
    const middle = (value: (slice: Slice) => number): number => median(counted.map(value));
    const cpu = counted.map(({ cpuUs }) => cpuUs);
    const cleanSlices = slices.filter(({ clean }) => clean).length;
    return {
      ...{ name, doing },
      cpuUs: { median: median(cpu), min: Math.min(...cpu), max: Math.max(...cpu) },
      kernelUs: middle(({ kernelUs }) => kernelUs),
      redisUs: counted[0]?.redisUs === undefined ? undefined : middle(({ redisUs = 0 }) => redisUs),
      toNginx: nginx && median(cpu) / nginx,
      toFastGateway: fastGateway && median(cpu) / fastGateway,
      perSecond: middle(({ perSecond }) => perSecond),
      p50Ms: middle(({ p50Ms }) => p50Ms),
      p99Ms: middle(({ p99Ms }) => p99Ms),
      rssMb: Math.max(...counted.map(({ rssMb }) => rssMb)),
      ...{ cleanSlices, allSlices: slices.length, weak: cleanSlices < enoughSlices },
    };
  });
};

const counting = (slices: readonly Slice[]): readonly Slice[] => {
  const clean = slices.filter((slice) => slice.clean);
  return clean.length > 0 ? clean : slices;
};

const columns = [
  'contender',
  'doing',
  'CPU µs a request',
  'min–max',
  'of it kernel',
  '× nginx',
  '× fast-gateway',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'RSS MB',
  'clean/all slices',
] as const;

/** A Markdown table, which reads well in a terminal too. */
export const toTable = (rows: readonly Row[]): string => {
  const ratio = (value: number | undefined): string => value?.toFixed(2) ?? '–';
  const cells = rows.map((row) => [
    row.name,
    row.redisUs === undefined ? row.doing : `${row.doing} (and ${row.redisUs.toFixed(1)} µs in Redis)`,
    `${row.cpuUs.median.toFixed(1)}${row.cleanSlices === 0 ? ' ‡' : row.weak ? ' †' : ''}`,
    `${row.cpuUs.min.toFixed(1)}–${row.cpuUs.max.toFixed(1)}`,
    row.kernelUs.toFixed(1),
    ratio(row.toNginx),
    ratio(row.toFastGateway),
    row.perSecond.toFixed(0),
    row.p50Ms.toFixed(1),
    row.p99Ms.toFixed(1),
    String(row.rssMb),
    `${row.cleanSlices}/${row.allSlices}`,
  ]);
  const widths = columns.map((title, index) =>
    Math.max(title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const toLine = (line: readonly string[]): string =>
    `| ${line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [toLine(columns), rule, ...cells.map(toLine)].join('\n');
};
