import { parseArgs } from 'node:util';

export type Options = Readonly<{
  rounds: number;
  seconds: number;
  /** Events that a projection is rebuilt from. */
  events: number;
  /** Rows of the longer of the two order lists. */
  orders: number;
  only: readonly Part[];
}>;

const parts = ['append', 'read', 'load', 'rebuild', 'list'] as const;
export type Part = (typeof parts)[number];

export const usage = `Usage: npm run bench:event-store -- [options]
  --rounds 5         interleaved rounds of each comparison; the figure is the median of their ratios
  --seconds 2        length of one slice
  --events 100000    events for the rebuild of a projection (1000000 by hand)
  --orders 1000000   orders in the longer list
  --only a,b         these parts alone: ${parts.join(', ')}`;

/** @throws Error that names the option that is wrong. */
export const parseOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      events: { type: 'string', default: '100000' },
      orders: { type: 'string', default: '1000000' },
      only: { type: 'string' },
    },
  });
  const only = values.only?.split(',') ?? parts;
  const unknown = only.find((part) => !isPart(part));
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}. There are: ${parts.join(', ')}.`);
  return {
    rounds: toCount('rounds', values.rounds),
    seconds: toCount('seconds', values.seconds),
    events: toCount('events', values.events),
    orders: toCount('orders', values.orders),
    only: only.filter(isPart),
  };
};

const isPart = (name: string): name is Part => (parts as readonly string[]).includes(name);

const toCount = (option: string, text: string): number => {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${option} is a whole number from 1 on.`);
  return count;
};
