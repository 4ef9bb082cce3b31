import { defineErrors } from '@gatehouse/errors';
import { createManualClock, sequentialIds } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createCommandHandler,
  createMemoryEventStore,
  createUpcaster,
  type Decider,
  type EventStore,
  streamName,
} from './index.ts';

type Command = Readonly<{ type: 'pay-in'; amount: number } | { type: 'close' }>;
type Event = Readonly<{ type: 'paid-in'; amount: number } | { type: 'closed' }>;
type Account = Readonly<{ balance: number; isClosed: boolean }>;

const accountError = defineErrors({ account_closed: ['conflict', 'It is closed.'] });

const accountDecider: Decider<Command, Event, Account> = {
  initial: () => ({ balance: 0, isClosed: false }),
  decide: (command, account) => {
    switch (command.type) {
      case 'pay-in':
        if (account.isClosed) throw accountError('account_closed');
        return [{ type: 'paid-in', amount: command.amount }];
      case 'close':
        return account.isClosed ? [] : [{ type: 'closed' }];
    }
  },
  evolve: (account, event) => {
    switch (event.type) {
      case 'paid-in':
        return { ...account, balance: account.balance + event.amount };
      case 'closed':
        return { ...account, isClosed: true };
    }
  },
};

const open = () => createMemoryEventStore({ clock: createManualClock(), ids: sequentialIds() });
const handlerOn = (store: EventStore, options: { schemaHash?: string; snapshotEvery?: number } = {}) =>
  createCommandHandler({ store, decider: accountDecider, category: 'account', ...options });

const payIn = (amount: number) => ({ type: 'pay-in', amount }) as const;

describe('handling a command', () => {
  it('appends what was decided and answers with the state around it', async () => {
    const handle = handlerOn(open());
    await handle('1', payIn(5));

    expect(await handle('1', payIn(7))).toMatchObject({
      version: 2,
      events: [{ type: 'paid-in', amount: 7 }],
      before: { balance: 5 },
      state: { balance: 12 },
    });
  });

  it('writes nothing when it is done already', async () => {
    const store = open();
    const handle = handlerOn(store);
    const closed = await handle('1', { type: 'close' });

    expect(await handle('1', { type: 'close' })).toMatchObject({
      version: 1,
      events: [],
      position: closed.position,
    });
    expect(await store.read(streamName('account', '1'))).toMatchObject({ version: 1 });
  });

  it('lets the refusal of the decider through', async () => {
    const handle = handlerOn(open());
    await handle('1', { type: 'close' });

    await expect(handle('1', payIn(1))).rejects.toMatchObject({ code: 'account_closed' });
  });

  it('asks the guard before anything else', async () => {
    const handle = handlerOn(open());
    const guard = () => {
      throw accountError('account_closed');
    };

    await expect(handle('1', payIn(1), { expectedVersion: 9, guard })).rejects.toMatchObject({
      code: 'account_closed',
    });
  });

  it('keeps what led to it', async () => {
    const store = open();
    const handle = createCommandHandler({
      store,
      decider: accountDecider,
      category: 'account',
      metadata: () => ({ correlationId: 'c-1' }),
    });
    await handle('1', payIn(1));

    expect((await store.read(streamName('account', '1'))).events).toMatchObject([{ correlationId: 'c-1' }]);
  });
});

describe('a caller who has seen a version', () => {
  it('goes through when it is the current one', async () => {
    const handle = handlerOn(open());
    await handle('1', payIn(5));

    expect(await handle('1', payIn(1), { expectedVersion: 1 })).toMatchObject({ version: 2 });
  });

  it('is refused when it is not, with both versions', async () => {
    const handle = handlerOn(open());
    await handle('1', payIn(5));

    await expect(handle('1', payIn(1), { expectedVersion: 2 })).rejects.toMatchObject({
      code: 'precondition_failed',
      kind: 'stale',
      details: { expected: 2, actual: 1 },
    });
  });
});

/** Somebody else appends between the read and the append. */
const overtaken = (store: EventStore): EventStore => ({
  ...store,
  async append(stream, expected, events, options) {
    await store.append(stream, 'any', [{ type: 'closed' }]);
    return store.append(stream, expected, events, options);
  },
});

describe('a race that is lost at the append', () => {
  it('is a conflict for who expected no version', async () => {
    const handle = handlerOn(overtaken(open()));

    await expect(handle('1', payIn(1))).rejects.toMatchObject({ code: 'version_conflict', kind: 'conflict' });
  });

  it('is a stale condition for who did', async () => {
    const handle = handlerOn(overtaken(open()));

    await expect(handle('1', payIn(1), { expectedVersion: 0 })).rejects.toMatchObject({
      code: 'precondition_failed',
    });
  });
});

describe('snapshots', () => {
  it('are taken each time so many events are passed', async () => {
    const store = open();
    const handle = handlerOn(store, { schemaHash: 'a', snapshotEvery: 3 });
    for (let count = 0; count < 7; count += 1) await handle('1', payIn(1));

    expect(await store.findSnapshot(streamName('account', '1'), 'a')).toEqual({
      version: 6,
      state: { balance: 6, isClosed: false },
    });
  });

  it('of another schema are ignored', async () => {
    const store = open();
    await store.saveSnapshot(streamName('account', '1'), 'old', { version: 0, state: { balance: 1000 } });

    expect(await handlerOn(store, { schemaHash: 'new' })('1', payIn(1))).toMatchObject({
      state: { balance: 1 },
    });
  });

  it('that are ahead of their stream are ignored', async () => {
    const store = open();
    await store.saveSnapshot(streamName('account', '1'), 'a', { version: 8, state: { balance: 1000 } });

    expect(await handlerOn(store, { schemaHash: 'a' })('1', payIn(1))).toMatchObject({
      version: 1,
      state: { balance: 1 },
    });
  });

  it('make no difference to any state', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 25 }),
        fc.integer({ min: 1, max: 7 }),
        async (amounts, snapshotEvery) => {
          const [plain, folded] = [handlerOn(open()), handlerOn(open(), { schemaHash: 'a', snapshotEvery })];
          for (const amount of amounts) {
            const [expected, actual] = [await plain('1', payIn(amount)), await folded('1', payIn(amount))];
            expect(actual).toEqual({ ...expected });
          }
        },
      ),
    );
  });
});

describe('events of an older shape', () => {
  it('are lifted step by step before they are folded', async () => {
    const store = open();
    await store.append(streamName('account', '1'), 'no-stream', [{ type: 'paid-in', cents: '500' } as never]);
    const handle = createCommandHandler({
      store,
      decider: accountDecider,
      category: 'account',
      schemaVersion: 3,
      upcast: createUpcaster({
        'paid-in': [
          (event) =>
            ({ type: event.type, cents: Number((event as unknown as { cents: string }).cents) }) as never,
          (event) =>
            ({ type: event.type, amount: (event as unknown as { cents: number }).cents / 100 }) as never,
        ],
      }),
    });

    expect(await handle('1', payIn(1))).toMatchObject({ before: { balance: 5 }, state: { balance: 6 } });
    expect(await handle('1', payIn(1))).toMatchObject({ state: { balance: 7 } });
  });
});
