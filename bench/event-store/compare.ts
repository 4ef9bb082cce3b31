import { performance } from 'node:perf_hooks';

/** One way to do a thing: `prepare` gives each worker its own turn, which is then repeated. */
export type Contender = Readonly<{ name: string; prepare(worker: number): Promise<() => Promise<void>> }>;

export type Rate = Readonly<{
  name: string;
  perSecond: number;
  ratio: number;
  lowest: number;
  highest: number;
}>;

type Plan = Readonly<{ workers: number; rounds: number; seconds: number }>;

/**
 * Interleaved slices of the same length, the order turned in each round. `ratio` is the median over the rounds of the first
 * contender's rate against this one's: above 1 the first one is faster. Rates compare within a round alone, so that a
 * neighbour on the machine disturbs all of them alike.
 */
export const compare = async (contenders: readonly Contender[], plan: Plan): Promise<readonly Rate[]> => {
  const rounds: (readonly number[])[] = [];
  for (const contender of contenders) await slice(contender, plan.workers, 500); // compiled, connected, in memory
  for (let round = 0; round < plan.rounds; round += 1) {
    const rates = new Map<Contender, number>();
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const contender of order)
      rates.set(contender, await slice(contender, plan.workers, plan.seconds * 1000));
    rounds.push(contenders.map((contender) => rates.get(contender) ?? 0));
  }
  return contenders.map(({ name }, index) => {
    const ratios = rounds.map((rates) => (rates[0] ?? 0) / (rates[index] ?? 1));
    return {
      name,
      perSecond: median(rounds.map((rates) => rates[index] ?? 0)),
      ratio: median(ratios),
      lowest: Math.min(...ratios),
      highest: Math.max(...ratios),
    };
  });
};

const slice = async (contender: Contender, workers: number, ms: number): Promise<number> => {
  const turns = await Promise.all(Array.from({ length: workers }, (_, worker) => contender.prepare(worker)));
  const startedAt = performance.now();
  const endsAt = startedAt + ms;
  let done = 0;
  await Promise.all(
    turns.map(async (turn) => {
      while (performance.now() < endsAt) {
        await turn();
        done += 1;
      }
    }),
  );
  return (done * 1000) / (performance.now() - startedAt);
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

export const toLines = (title: string, rates: readonly Rate[]): string =>
  [
    title,
    ...rates.map(({ name, perSecond, ratio, lowest, highest }, index) => {
      const rate = `${Math.round(perSecond)}/s`.padStart(10);
      const against = `ours is ${ratio.toFixed(2)} x (${lowest.toFixed(2)} to ${highest.toFixed(2)})`;
      return `  ${name.padEnd(44)} ${rate}  ${index === 0 ? '' : against}`;
    }),
  ].join('\n');
