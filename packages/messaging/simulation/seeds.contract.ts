import { describe, expect, it } from 'vitest';
import { byKind, describeFailure, runSeeds } from './run-seeds.ts';

/** Bounds what hangs; a machine that has nothing else to do needs a twentieth of it. */
const timeoutMs = 300_000;

/**
 * Outbox, relay, RabbitMQ transport, in-process transport, inbox, retries, event store and projection, all of them the
 * product's own, over a database, a broker and a clock that fail as the seed says.
 */
export const describeSeeds = (from: number, count: number): void => {
  describe(`events under faults at every wait, seeds ${from} to ${from + count - 1}`, () => {
    it(
      'have each effect once and in order, park what is poisoned alone, and come to an end',
      async () => {
        const { failed, faults, ...totals } = await runSeeds(from, count);
        const kinds = byKind(faults);
        process.stdout.write(`simulation: ${JSON.stringify({ ...totals, faults: kinds })}\n`);
        expect(failed.map(describeFailure)).toEqual([]);
        // That the faults happened, and where it matters.
        expect(totals.seeds).toBe(count);
        for (const point of [
          ...[
            'crash-before at commit',
            'crash-after at commit',
            'lost-before at commit',
            'lost-after at commit',
          ],
          ...[
            'crash-before at publish',
            'crash-after at publish',
            'lost-after at publish',
            'unanswered at publish',
          ],
          ...[
            'refused at publish',
            'crash-before at ack',
            'crash-after at update outbox',
            'crash-after at insert inbox',
          ],
          ...[
            'crash-before at update inbox',
            'crash-after at update inbox',
            'lost-before at update event_checkpoints',
          ],
          ...['lock lost', 'duplicate', 'reorder', 'broker away', 'database away'],
        ])
          expect(faults[point], point).toBeGreaterThan(0);
      },
      timeoutMs,
    );
  });
};
