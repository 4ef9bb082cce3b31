import { createManualClock, seededRandom } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventNamed } from '../testing/transport-recorder.ts';
import type { PublishResult, Transport } from '../transport.ts';
import type { OutboxLog, UnsentEvent } from './outbox-log.ts';
import { nextWave, runRelayPass } from './relay-pass.ts';

const unsent = (subject: string, position: number): UnsentEvent => ({
  position: String(position),
  event: { ...eventNamed('post', 'updated', subject), aggregateversion: position },
});

/** A log in memory: held rows hold their subject back until `releaseHeld`. */
const createMemoryLog = (all: readonly UnsentEvent[], failToMark: () => boolean = () => false) => {
  const sent = new Set<string>();
  const held = new Set<string>();
  const log: OutboxLog = {
    readUnsent: async (limit) => {
      const stopped = new Set(all.filter((u) => held.has(u.position)).map((u) => u.event.subject));
      return all.filter((u) => !sent.has(u.position) && !stopped.has(u.event.subject)).slice(0, limit);
    },
    markSent: async (positions) => {
      if (failToMark()) throw new RangeError('died before marking');
      for (const position of positions) sent.add(position);
    },
    hold: async (failures) => {
      for (const { position } of failures) held.add(position);
    },
    releaseHeld: async () => held.clear(),
  };
  return { log, isDone: () => sent.size === all.length };
};

const transportOf = (publish: Transport['publish']): Transport => ({
  name: 'fake',
  publish,
  subscribe: () => Promise.reject(new TypeError('not asked for')),
  close: async () => {},
});

const deps = { clock: createManualClock(), mayGoOn: () => true, onHeld: () => {} };

describe('a wave', () => {
  it('holds the first event of each subject', () => {
    const [a1, a2, b1, a3] = [unsent('a', 1), unsent('a', 2), unsent('b', 3), unsent('a', 4)];
    expect(nextWave([a1, a2, b1, a3])).toEqual({ wave: [a1, b1], later: [a2, a3] });
  });
});

describe('an event that cannot be published', () => {
  it('holds back its own subject alone', async () => {
    const events = [unsent('a', 1), unsent('b', 2), unsent('a', 3), unsent('b', 4)];
    const stored: string[] = [];
    const { log } = createMemoryLog(events);
    const transport = transportOf(async (batch) =>
      batch.map((event): PublishResult => {
        if (event.subject === 'a') return { status: 'failed', error: new RangeError('no route') };
        stored.push(`${event.subject}${event.aggregateversion}`);
        return { status: 'stored' };
      }),
    );
    const heldBack: string[] = [];
    await runRelayPass({ ...deps, log, transport, onHeld: ({ position }) => heldBack.push(position) });

    expect(stored).toEqual(['b2', 'b4']);
    expect(heldBack).toEqual(['1']);
  });
});

describe('a transport that never confirms', () => {
  it('has failed after 10 s and nothing is marked', async () => {
    const clock = createManualClock();
    const { log, isDone } = createMemoryLog([unsent('a', 1)]);
    const asked = Promise.withResolvers<void>();
    const transport = transportOf(() => {
      asked.resolve();
      return new Promise(() => {});
    });
    const pass = runRelayPass({ ...deps, clock, log, transport });
    const refused = expect(pass).rejects.toMatchObject({ code: 'publish_timeout' });
    await asked.promise;
    await clock.advance(10_000);
    await refused;

    expect(isDone()).toBe(false);
  });
});

describe('a relay under failures of every kind', () => {
  it('sends everything in the end, each subject in its order, whatever is repeated', async () => {
    const subjects = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(subjects, fc.integer(), async (names, seed) => {
        const random = seededRandom(seed);
        const events = names.map((subject, i) => unsent(subject, i + 1));
        const { log, isDone } = createMemoryLog(events, () => random() < 0.2);
        const firstArrivals = new Map<string, number[]>();
        const transport = transportOf(async (batch) => {
          if (random() < 0.1) throw new RangeError('connection lost');
          return batch.map((event): PublishResult => {
            // A failure may come before or after it was stored: nobody can tell.
            const isConfirmed = random() < 0.8;
            if (isConfirmed || random() < 0.5) {
              const seen = firstArrivals.get(event.subject) ?? [];
              if (!seen.includes(event.aggregateversion)) seen.push(event.aggregateversion);
              firstArrivals.set(event.subject, seen);
            }
            return isConfirmed ? { status: 'stored' } : { status: 'failed', error: new RangeError('nack') };
          });
        });
        for (let pass = 0; pass < 2_000 && !isDone(); pass++) {
          await runRelayPass({ ...deps, log, transport }).catch(() => 0);
          if (random() < 0.5) await log.releaseHeld();
        }

        expect(isDone()).toBe(true);
        for (const [subject, versions] of firstArrivals)
          expect(versions).toEqual(
            events.filter((u) => u.event.subject === subject).map((u) => Number(u.position)),
          );
      }),
      { numRuns: 100 },
    );
  });
});
