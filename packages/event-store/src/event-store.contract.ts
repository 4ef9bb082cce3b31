import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EventStore } from './event-store.ts';
import { comparePositions, type Position } from './position.ts';
import { type StreamName, streamName } from './stream-name.ts';

const opened = { type: 'account-opened', owner: 'Ann' } as const;
/** Events are held back while older transactions are open, in other tests' databases of the same server too. */
const patience = { timeout: 10_000, interval: 10 };

const paidIn = (amount: number) => ({ type: 'paid-in', amount }) as const;

/** What every event store has to do, whatever it keeps its events in. `open` gives one that may hold other streams. */
export const eventStoreContract = (name: string, open: () => Promise<EventStore>): void => {
  describe(`${name} as an event store`, () => {
    let store: EventStore;
    let account: StreamName;
    const fresh = (): StreamName => streamName('account', crypto.randomUUID());

    beforeEach(async () => {
      store = await open();
      account = fresh();
    });

    describe('appending', () => {
      it('numbers events from 1 and says where the stream ends', async () => {
        const first = await store.append(account, 'no-stream', [opened, paidIn(5)]);
        const second = await store.append(account, 2, [paidIn(7)]);

        expect([first.version, second.version]).toEqual([2, 3]);
        expect(comparePositions(first.position, second.position)).toBeLessThan(0);
        expect(await store.findHead(account)).toEqual(second);
      });

      it('takes 0 for no stream', async () => {
        expect(await store.append(account, 0, [opened])).toMatchObject({ version: 1 });
      });

      it('appends to whatever is there when any version will do', async () => {
        await store.append(account, 'any', [opened]);

        expect(await store.append(account, 'any', [paidIn(1)])).toMatchObject({ version: 2 });
      });

      it('refuses a version that is past, and says which one it is', async () => {
        await store.append(account, 'no-stream', [opened, paidIn(1)]);

        await expect(store.append(account, 1, [paidIn(2)])).rejects.toMatchObject({
          code: 'version_conflict',
          details: { expected: 1, actual: 2 },
        });
      });

      it('refuses a version that is still to come', async () => {
        await expect(store.append(account, 3, [opened])).rejects.toMatchObject({
          code: 'version_conflict',
          details: { expected: 3, actual: 0 },
        });
      });

      it('begins a stream once', async () => {
        await store.append(account, 'no-stream', [opened]);

        await expect(store.append(account, 'no-stream', [opened])).rejects.toMatchObject({
          code: 'version_conflict',
          details: { expected: 'no-stream', actual: 1 },
        });
      });

      it('writes nothing when it refuses', async () => {
        await store.append(account, 'no-stream', [opened]);
        await store.append(account, 5, [paidIn(1)]).catch(() => undefined);

        expect(await store.read(account)).toMatchObject({ version: 1, events: [{ version: 1 }] });
      });
    });

    describe('two writers at once', () => {
      it('lets one of them begin the stream', async () => {
        const results = await Promise.allSettled(
          [1, 2, 3, 4].map(() => store.append(account, 'no-stream', [opened])),
        );

        expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        expect(await store.read(account)).toMatchObject({ version: 1 });
      });

      it('never lets two of them win the same version', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }), {
              minLength: 1,
              maxLength: 3,
            }),
            async (rounds) => {
              const stream = fresh();
              let version = 0;
              for (const writers of rounds) {
                const results = await Promise.allSettled(
                  writers.map((count) => store.append(stream, version, Array(count).fill(paidIn(count)))),
                );
                const winners = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
                expect(winners).toHaveLength(1);
                version = winners[0]?.version ?? 0;
              }
              const { events } = await store.read(stream);
              expect(events.map((event) => event.version)).toEqual(
                Array.from({ length: version }, (_, index) => index + 1),
              );
            },
          ),
          { numRuns: 15 },
        );
      });
    });

    describe('reading a stream', () => {
      it('gives the events as they were written, with what led to them', async () => {
        await store.append(account, 'no-stream', [opened], {
          metadata: { correlationId: 'c-1', causationId: 'e-0' },
          schemaVersion: 2,
        });

        const { events } = await store.read(account);
        expect(events).toEqual([
          {
            id: expect.any(String),
            stream: account,
            category: 'account',
            version: 1,
            position: expect.stringMatching(/^\d+:\d+$/),
            type: 'account-opened',
            schemaVersion: 2,
            event: opened,
            correlationId: 'c-1',
            causationId: 'e-0',
            recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          },
        ]);
      });

      it('gives a range, and the version of the whole', async () => {
        await store.append(account, 'no-stream', [opened, paidIn(1), paidIn(2), paidIn(3)]);

        const { version, events } = await store.read(account, { from: 2, to: 3 });
        expect(version).toBe(4);
        expect(events.map(({ event }) => event)).toEqual([paidIn(1), paidIn(2)]);
      });

      it('says the version even when no event is in the range', async () => {
        await store.append(account, 'no-stream', [opened]);

        expect(await store.read(account, { from: 2 })).toMatchObject({ version: 1, events: [] });
      });

      it('gives version 0 for a stream that is none', async () => {
        expect(await store.read(account)).toEqual({ version: 0, position: undefined, events: [] });
        expect(await store.findHead(account)).toBeUndefined();
      });
    });

    describe('reading everything', () => {
      const readOn = async (categories: readonly string[], after?: Position, limit = 2) => {
        const seen: string[] = [];
        for (let position = after; ; ) {
          const { events, next } = await store.readAll({
            limit,
            categories,
            ...(position === undefined ? {} : { after: position }),
          });
          if (next === undefined) return seen;
          seen.push(...events.map(({ stream, version }) => `${stream}@${version}`));
          position = next;
        }
      };

      it('gives every event of the category once, in order within a stream, page by page', async () => {
        const category = `cat_${crypto.randomUUID().replaceAll(/[^a-z]/g, '')}`;
        const [a, b] = [streamName(category, 'a'), streamName(category, 'b')];
        await store.append(a, 'no-stream', [opened, paidIn(1)]);
        await store.append(b, 'no-stream', [opened]);
        await store.append(account, 'no-stream', [opened]);
        await store.append(a, 2, [paidIn(2)]);

        await expect
          .poll(() => readOn([category]), patience)
          .toEqual([`${a}@1`, `${a}@2`, `${b}@1`, `${a}@3`]);
      });

      it('goes on behind a position', async () => {
        const first = await store.append(account, 'no-stream', [opened]);
        await store.append(account, 1, [paidIn(1)]);

        await expect.poll(() => readOn(['account'], first.position), patience).toContain(`${account}@2`);
        expect(await readOn(['account'], first.position)).not.toContain(`${account}@1`);
      });
    });

    describe('keeping a snapshot', () => {
      it('gives it back for its schema only', async () => {
        await store.saveSnapshot(account, 'a', { version: 3, state: { total: 9 } });

        expect(await store.findSnapshot(account, 'a')).toEqual({ version: 3, state: { total: 9 } });
        expect(await store.findSnapshot(account, 'b')).toBeUndefined();
      });

      it('never goes back to an older one', async () => {
        await store.saveSnapshot(account, 'a', { version: 3, state: 'new' });
        await store.saveSnapshot(account, 'a', { version: 2, state: 'old' });

        expect(await store.findSnapshot(account, 'a')).toEqual({ version: 3, state: 'new' });
      });
    });
  });
};
