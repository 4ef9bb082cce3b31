import type { World } from './world.ts';

/** How something goes wrong with one message for one consumer: for good, or a few times. */
export type Trouble = Readonly<
  { kind: 'poison' | 'hopeless' } | { kind: 'fails' | 'away'; times: number } | { kind: 'slow'; ms: number }
>;

/** What one run does; all of it comes from its seed. */
export type Plan = Readonly<{
  /** Commands of clients: each adds one event to a stream, at a time counted from the start. */
  commands: readonly Readonly<{ number: number; stream: number; atMs: number }>[];
  /** `<consumer> <number of the command>`. */
  troubles: ReadonlyMap<string, Trouble>;
  /** `broker`: services in processes of their own. `in-process`: all in one. */
  topology: 'broker' | 'in-process';
  instances: number;
  partitions: number;
  pollMs: number;
  /** Times at which a database or the broker goes away, and for how long. */
  outages: readonly Readonly<{ what: 'orders' | 'stock' | 'broker'; atMs: number; awayMs: number }>[];
  /** Waits that go wrong, at most. */
  faults: number;
  /** How far the wall clock of a process is off. */
  wallOffsetMs: number;
  /** How long a command's transaction may stay open, holding back what is committed after it; 0 is not at all. */
  stallMs: number;
}>;

export const consumers = ['stock.orders', 'stock.audit', 'orders.answers'] as const;
export const projectionName = 'orders.list';

/** An hour ahead, five minutes behind, or right. */
const wallOffsets = [0, 0, 3_600_000, -300_000];

const polls = [500, 2_000, 4_000];

export const makePlan = (world: World): Plan => {
  const { pick, chance, random } = world;
  const streams = 1 + pick(3);
  const count = 3 + pick(6);
  const commands = Array.from({ length: count }, (_, number) => ({
    number,
    stream: pick(streams),
    atMs: random() * 1_500,
  }));
  const troubles = new Map<string, Trouble>();
  for (const consumer of [...consumers, projectionName])
    for (const { number } of commands)
      if (chance(0.08)) troubles.set(`${consumer} ${number}`, makeTrouble(world));
  return {
    commands,
    troubles,
    topology: chance(0.3) ? 'in-process' : 'broker',
    instances: 1 + pick(2),
    partitions: 1 + pick(2),
    pollMs: polls[pick(polls.length)] ?? 1_000,
    outages: (['orders', 'stock', 'broker'] as const)
      .filter(() => chance(0.15))
      .map((what) => ({ what, atMs: random() * 2_000, awayMs: random() * 4_000 })),
    faults: pick(13),
    wallOffsetMs: wallOffsets[pick(wallOffsets.length)] ?? 0,
    stallMs: chance(0.3) ? random() * 1_000 : 0,
  };
};

const makeTrouble = ({ pick, random }: World): Trouble => {
  switch (pick(5)) {
    case 0:
      return { kind: 'poison' };
    case 1:
      return { kind: 'hopeless' };
    case 2:
      return { kind: 'fails', times: 1 + pick(2) };
    case 3:
      return { kind: 'away', times: 1 + pick(3) };
    default:
      return { kind: 'slow', ms: random() * 1_000 };
  }
};
