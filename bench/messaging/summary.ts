import type { Round } from './round.ts';

export type Summary = Readonly<{
  product: number;
  handWritten: number;
  /** Of each pair of rounds; the median, and the quarters around it. */
  ratio: Readonly<{ median: number; low: number; high: number }>;
  /** Heap after a collection: how much a round adds, by the line through all rounds after the first two. */
  heapMbPerRound: number;
}>;

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (high - low) * (at - Math.floor(at));
};

/** Least squares: how much `y` grows for each place. */
export const slope = (values: readonly number[]): number => {
  if (values.length < 2) return 0;
  const meanX = (values.length - 1) / 2;
  const meanY = values.reduce((sum, y) => sum + y, 0) / values.length;
  const over = values.reduce((sum, y, x) => sum + (x - meanX) * (y - meanY), 0);
  const under = values.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0);
  return over / under;
};

export const summarise = (rounds: readonly Round[]): Summary => {
  const of = (name: string): readonly Round[] => rounds.filter(({ contender }) => contender === name);
  const [product, handWritten] = [of('gatehouse'), of('hand-written')];
  const ratios = product.map(({ perSecond }, n) => perSecond / (handWritten[n]?.perSecond ?? Number.NaN));
  const speed = (list: readonly Round[]): number =>
    quantile(
      list.map(({ perSecond }) => perSecond),
      0.5,
    );
  return {
    product: speed(product),
    handWritten: speed(handWritten),
    ratio: { median: quantile(ratios, 0.5), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) },
    heapMbPerRound: slope(rounds.slice(4).map(({ heapMb }) => heapMb)) * 2,
  };
};

export const toTable = ({ product, handWritten, ratio, heapMbPerRound }: Summary): string =>
  [
    '| command → outbox → RabbitMQ → inbox → effect | a second |',
    '|---|---|',
    `| gatehouse | ${product.toFixed(0)} |`,
    `| the same commits, written by hand | ${handWritten.toFixed(0)} |`,
    `| ratio (quarters) | ${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}) |`,
    `| heap after a collection | ${heapMbPerRound >= 0 ? '+' : ''}${heapMbPerRound.toFixed(2)} MB a round |`,
  ].join('\n');
