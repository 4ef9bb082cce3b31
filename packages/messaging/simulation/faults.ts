import type { World } from './world.ts';

/**
 * What can go wrong at a wait.
 *
 * - `crash-before`, `crash-after`: the process ends, before or after what it asked for happened.
 * - `lost-before`, `lost-after`: the connection ends; the asker cannot tell which of the two it was.
 * - `slow`: the answer takes its time, up to 3 s.
 * - `unanswered`: it happened, and no answer ever comes.
 * - `refused`: the other side says no (a serialisation failure, a nack).
 */
const faultKinds = [
  'crash-before',
  'crash-after',
  'lost-before',
  'lost-after',
  'slow',
  'unanswered',
  'refused',
] as const;
export type Fault = (typeof faultKinds)[number];

export type Faults = Readonly<{
  /** The fault of this wait, if any, out of those that it can have. */
  draw(point: string, possible: readonly Fault[]): Fault | undefined;
  /** Notes something that went wrong by itself: an outage, a duplicate. */
  note(kind: string): void;
  /** From now on nothing goes wrong. */
  end(): void;
  isOver(): boolean;
  counts(): Readonly<Record<string, number>>;
  total(): number;
}>;

/** At most `budget` faults in a run, each wait with the same chance; so that they fall everywhere, and a run ends. */
export const createFaults = (world: World, budget: number): Faults => {
  const counts: Record<string, number> = {};
  let left = budget;
  let isOver = false;
  const note = (kind: string): void => {
    counts[kind] = (counts[kind] ?? 0) + 1;
  };
  // Some runs have few faults far apart, some many at once.
  const probability = budget === 0 ? 0 : 0.01 + world.random() * 0.09;
  return {
    draw: (point, possible) => {
      // A start declares many things: as often hit as the rest together, little else would be.
      const share = /^amqp (?:assert|bind|unbind|prefetch|get)|^delete/.test(point) ? 0.1 : 1;
      if (isOver || left === 0 || !world.chance(probability * share)) return undefined;
      const fault = possible[world.pick(possible.length)];
      if (fault === undefined) return undefined;
      left -= 1;
      note(`${fault} at ${point}`);
      return fault;
    },
    note,
    end: () => {
      isOver = true;
    },
    isOver: () => isOver,
    counts: () => counts,
    total: () => Object.values(counts).reduce((sum, count) => sum + count, 0),
  };
};
