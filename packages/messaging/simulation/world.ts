import { seededRandom } from '@gatehouse/testing';

/**
 * Time and chance of a simulated run: everything that happens is an event in one queue, and its seed decides how long
 * each takes. Nothing else gives an order, so the same seed gives the same run.
 */
export type World = Readonly<{
  nowMs(): number;
  random(): number;
  /** A whole number from 0 to `below` - 1. */
  pick(below: number): number;
  chance(probability: number): boolean;
  /** Runs it after `delayMs`; the result takes it back. */
  at(delayMs: number, run: () => void): () => void;
  /** The time that a message or an answer needs: mostly little. */
  latencyMs(): number;
  /** Lets the next event happen; false when there is none. */
  step(): Promise<boolean>;
  /** Events so far. */
  steps(): number;
}>;

type Event = { readonly dueMs: number; readonly place: number; run: (() => void) | undefined };

/** Midday, so that a clock that is an hour off is on another day for nobody. */
const startMs = Date.UTC(2026, 0, 1, 12);

export const createWorld = (seed: number): World => {
  const random = seededRandom(seed);
  const queue: Event[] = [];
  let nowMs = startMs;
  let places = 0;
  let steps = 0;

  const isBefore = (a: Event, b: Event): boolean =>
    a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.place < b.place);

  const push = (event: Event): void => {
    let at = queue.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, queue[parent] as Event)) break;
      queue[at] = queue[parent] as Event;
      at = parent;
    }
    queue[at] = event;
  };

  const pop = (): Event | undefined => {
    const first = queue[0];
    const last = queue.pop();
    if (first === undefined || last === undefined || queue.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= queue.length) break;
      if (child + 1 < queue.length && isBefore(queue[child + 1] as Event, queue[child] as Event)) child += 1;
      if (!isBefore(queue[child] as Event, last)) break;
      queue[at] = queue[child] as Event;
      at = child;
    }
    queue[at] = last;
    return first;
  };

  const pick = (below: number): number => Math.floor(random() * below);
  return {
    nowMs: () => nowMs,
    random,
    pick,
    chance: (probability) => random() < probability,
    at: (delayMs, run) => {
      const event: Event = { dueMs: nowMs + Math.max(0, delayMs), place: places++, run };
      push(event);
      return () => {
        event.run = undefined;
      };
    },
    latencyMs: () => (random() < 0.95 ? random() * 4 : random() * 60),
    step: async () => {
      for (let event = pop(); event !== undefined; event = pop()) {
        if (event.run === undefined) continue;
        nowMs = event.dueMs;
        steps += 1;
        event.run();
        await settled();
        return true;
      }
      return false;
    },
    steps: () => steps,
  };
};

/** Every microtask has run, and what they put off to the next turn too. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
