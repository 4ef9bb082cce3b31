import { randomIds } from '@gatehouse/contracts';
import { streamName } from '@gatehouse/event-store';
import { exampleEvent } from './append.ts';
import { compare, toLines } from './compare.ts';
import type { Options } from './options.ts';
import type { Site } from './site.ts';

/** A whole stream of 100 events. */
export const measureRead = async ({ store, emmett }: Site, { rounds, seconds }: Options): Promise<string> => {
  const id = randomIds.next();
  const { type, ...data } = exampleEvent;
  const stream = streamName('bench', id);
  await store.append(stream, 'no-stream', Array(100).fill(exampleEvent));
  await emmett.appendToStream(stream, Array(100).fill({ type, data }));
  const contenders = [
    {
      name: 'ours: read',
      prepare: async () => async () => expectHundred((await store.read(stream)).events.length),
    },
    {
      name: '@event-driven-io/emmett-postgresql readStream',
      prepare: async () => async () => expectHundred((await emmett.readStream(stream)).events.length),
    },
  ];
  const lines: string[] = [];
  for (const workers of [1, 20]) {
    const rates = await compare(contenders, { workers, rounds, seconds });
    lines.push(toLines(`Read of 100 events, ${workers} connection${workers === 1 ? '' : 's'}`, rates));
  }
  return lines.join('\n');
};

const expectHundred = (events: number): void => {
  if (events !== 100) throw new Error(`There are ${events} events instead of 100.`);
};
