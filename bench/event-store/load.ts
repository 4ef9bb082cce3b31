import { randomIds } from '@gatehouse/contracts';
import { createCommandHandler, createStateLoader, type Decider } from '@gatehouse/event-store';
import { exampleEvent } from './append.ts';
import { compare, toLines } from './compare.ts';
import type { Options } from './options.ts';
import type { Site } from './site.ts';

type Added = typeof exampleEvent;
type State = Readonly<{ events: number; quantity: number }>;

const decider: Decider<Readonly<{ times: number }>, Added, State> = {
  initial: () => ({ events: 0, quantity: 0 }),
  decide: ({ times }) => Array(times).fill(exampleEvent),
  evolve: ({ events, quantity }, { item }) => ({ events: events + 1, quantity: quantity + item.quantity }),
};

/** An aggregate's state, from its snapshot and what came after it; both end half-way to the next snapshot. */
export const measureLoad = async ({ store }: Site, { rounds, seconds }: Options): Promise<string> => {
  const settings = { store, decider, category: 'bench', schemaHash: 'bench-1' };
  const handle = createCommandHandler(settings);
  const grow = async (events: number): Promise<string> => {
    const id = randomIds.next();
    for (let left = events; left > 0; left -= 50) await handle(id, { times: Math.min(50, left) });
    return id;
  };
  const [short, long] = [await grow(100), await grow(10_050)];
  const withSnapshots = createStateLoader(settings);
  const plain = createStateLoader({ store, decider, category: 'bench' });
  const loading = (name: string, load: typeof plain, id: string) => ({
    name,
    prepare: async () => async () => void (await load(id)),
  });
  const rates = await compare(
    [
      loading('10 050 events, snapshots every 100', withSnapshots, long),
      loading('100 events, no snapshot', plain, short),
      loading('10 050 events, no snapshot', plain, long),
    ],
    { workers: 1, rounds, seconds },
  );
  const cost = 1 / (rates[1]?.ratio ?? 1);
  return `${toLines('Loading an aggregate', rates)}\n  10 050 events cost ${cost.toFixed(2)} x what 100 cost (at most 2)`;
};
