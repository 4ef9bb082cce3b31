import { describe, expect, it } from 'vitest';
import { type Evidence, holds, judgeConservation, type OrderHistory, shortfallsOf } from './conservation.ts';
import type { LedgerLine } from './ledger.ts';

const confirmedTypes = ['order-created', 'order-confirmation-requested', 'order-confirmed'];
const order = (id: string) => ({ id, status: 'confirmed', version: 3, total: 500 });
const history = (changes: Partial<OrderHistory> = {}): OrderHistory => ({
  versions: [1, 2, 3],
  types: confirmedTypes,
  folded: { status: 'confirmed', version: 3, total: 500 },
  ...changes,
});
const lines = (...ids: string[]): LedgerLine[] =>
  ids.flatMap((orderId): LedgerLine[] => [
    { orderId, buyer: 0, step: 'created' },
    { orderId, buyer: 0, step: 'confirm-accepted' },
  ]);

/** Two orders that are as they should be, and one that a client never heard of. */
const sound: Evidence = {
  lines: lines('a', 'b'),
  listed: [order('a'), order('b'), { id: 'unknown', status: 'draft', version: 1, total: 500 }],
  histories: new Map([
    ['a', history()],
    ['b', history()],
    [
      'unknown',
      { versions: [1], types: ['order-created'], folded: { status: 'draft', version: 1, total: 500 } },
    ],
  ]),
  product: { price: 500, stockAtFirst: 10, stock: 8 },
  deadLetters: [],
  poisoned: [],
  messages: {
    announced: [
      ...['a', 'b'].flatMap((orderId) => [1, 2, 3].map((version) => ({ orderId, version }))),
      { orderId: 'unknown', version: 1 },
    ],
    answered: ['a', 'b'].map((orderId) => ({ orderId, state: 'done' })),
    ...{ unsent: 0, pending: 0, behind: 0 },
  },
};
const messages = sound.messages as NonNullable<Evidence['messages']>;
const historyOf = (id: string, changed: OrderHistory) => new Map([...sound.histories, [id, changed]]);

const broken = (changes: Partial<Evidence>) => shortfallsOf(judgeConservation({ ...sound, ...changes }));

describe('a world in which everything is right', () => {
  it('holds', () => {
    expect(holds(judgeConservation(sound))).toBe(true);
    expect(judgeConservation(sound)).toMatchObject({ acknowledged: 2, confirmed: 2, stockLeft: 8 });
  });

  it('holds too when an order was rejected, and when the databases cannot be read', () => {
    const rejected = { status: 'rejected', version: 3, total: 500 };
    const types = ['order-created', 'order-confirmation-requested', 'order-rejected'];
    const { messages: _, ...withoutMessages } = sound;
    const world = {
      ...withoutMessages,
      listed: [order('a'), { id: 'b', ...rejected }],
      histories: historyOf('b', history({ types, folded: rejected })),
      product: { ...sound.product, stock: 9 },
    };
    expect(shortfallsOf(judgeConservation(world))).toEqual([]);
  });

  it('holds with poison that is in the dead letters, each once', () => {
    const waiting = { status: 'confirming', version: 2, total: 500 };
    const types = confirmedTypes.slice(0, 2);
    const world = {
      listed: [order('a'), { id: 'b', ...waiting }],
      histories: historyOf('b', history({ versions: [1, 2], types, folded: waiting })),
      product: { ...sound.product, stock: 9 },
      poisoned: ['b'],
      deadLetters: ['b'],
      messages: {
        ...messages,
        announced: messages.announced.filter(({ orderId, version }) => orderId !== 'b' || version < 3),
        answered: [
          { orderId: 'a', state: 'done' },
          { orderId: 'b', state: 'dead' },
        ],
      },
    };
    expect(broken(world)).toEqual([]);
    expect(broken({ ...world, deadLetters: [] })).toEqual(['poisonNotDead']);
    expect(broken({ ...world, deadLetters: ['b', 'b'] })).toEqual(['poisonNotDead']);
  });
});

describe('a world in which one thing is wrong', () => {
  it('has lost an acknowledged order that no list has', () => {
    expect(broken({ lines: lines('a', 'b', 'gone') })).toEqual(['lost', 'stuck', 'notInInbox']);
  });

  it('has lost one whose events do not say that it was made', () => {
    expect(broken({ histories: historyOf('a', history({ types: confirmedTypes.slice(1) })) })).toEqual([
      'lost',
    ]);
  });

  it('has an order twice in a list', () => {
    expect(broken({ listed: [...sound.listed, order('a')] })).toEqual(['doubled']);
  });

  it('has one that two answers made', () => {
    expect(broken({ lines: [...lines('a', 'b'), ...lines('a').slice(0, 1)] })).toEqual(['doubled']);
  });

  it('has one that was confirmed twice', () => {
    const types = [...confirmedTypes, 'order-confirmed'];
    expect(broken({ histories: historyOf('a', history({ types })) })).toEqual(['doubled']);
  });

  it('has one whose confirmation was never answered', () => {
    const waiting = { status: 'confirming', version: 3, total: 500 };
    const world = {
      listed: [order('a'), { id: 'b', ...waiting }],
      histories: historyOf('b', history({ folded: waiting })),
      product: { ...sound.product, stock: 9 },
    };
    expect(broken(world)).toEqual(['stuck']);
  });

  it('has a stream with a gap', () => {
    expect(broken({ histories: historyOf('a', history({ versions: [1, 3] })) })).toEqual(['streamsWithGaps']);
  });

  it.each([
    ['status', { status: 'rejected', version: 3, total: 500 }],
    ['version', { status: 'confirmed', version: 2, total: 500 }],
    ['total', { status: 'confirmed', version: 3, total: 499 }],
  ])('has a read model that is not what the events give: %s', (_what, folded) => {
    expect(broken({ histories: historyOf('a', history({ folded })) })).toEqual(['foldingDiffers']);
  });

  it('has no events at all of an order', () => {
    expect(broken({ histories: new Map([...sound.histories].filter(([id]) => id !== 'a')) })).toEqual([
      'lost',
      'foldingDiffers',
    ]);
  });

  it.each([7, 9])('has stock that nobody bought, or sold what it has (%i left)', (stock) => {
    expect(broken({ product: { ...sound.product, stock } })).toEqual(['stockMissing', 'moneyMissing']);
  });

  it('has an order of another price', () => {
    const cheap = { status: 'confirmed', version: 3, total: 1 };
    const listed = [{ id: 'a', ...cheap }, order('b')];
    expect(broken({ listed, histories: historyOf('a', history({ folded: cheap })) })).toEqual([
      'moneyMissing',
    ]);
  });

  it.each([
    ['is not there', messages.answered.slice(1)],
    ['is there twice', [...messages.answered, { orderId: 'a', state: 'done' }]],
    ['was given up', [{ orderId: 'a', state: 'dead' }, ...messages.answered.slice(1)]],
  ])('has an inbox in which a confirmation %s', (_what, answered) => {
    expect(broken({ messages: { ...messages, answered } })).toEqual(['notInInbox']);
  });

  it('has an event that was never announced, or twice', () => {
    const announced = messages.announced.slice(1);
    expect(broken({ messages: { ...messages, announced } })).toEqual(['notAnnouncedOnce']);
    const twice = [...messages.announced, { orderId: 'a', version: 1 }];
    expect(broken({ messages: { ...messages, announced: twice } })).toEqual(['notAnnouncedOnce']);
  });

  it.each(['unsent', 'pending', 'behind'] as const)('has something left to do: %s', (what) => {
    expect(broken({ messages: { ...messages, [what]: 1 } })).toEqual(['undelivered']);
  });

  it('has a dead letter that nobody poisoned', () => {
    expect(broken({ deadLetters: ['a'] })).toEqual(['deadForNoReason']);
  });

  it('has poison that did no harm', () => {
    expect(broken({ poisoned: ['a'] })).toEqual(['notInInbox', 'poisonNotDead']);
  });
});
