import { describe, expect, it } from 'vitest';
import { type LoggedEvent, lineageOf } from './lineage.ts';

const event = (id: string, more: Partial<LoggedEvent> = {}): LoggedEvent => ({
  id,
  service: 'orders',
  type: `gatehouse.order.${id}.v1`,
  subject: 'o1',
  aggregateVersion: 1,
  time: '2026-01-01T00:00:00.000Z',
  ...more,
});
const change = (version: number, causationId?: string) => ({
  id: `c${version}`,
  stream: 'order-o1',
  version,
  type: 'order-changed',
  recordedAt: '2026-01-01T00:00:00.000Z',
  ...(causationId === undefined ? {} : { causationId }),
  readModels: [{ projection: 'order-summary', state: 'applied' }],
});
const delivery = (eventId: string, consumer: string, state = 'done', more: object = {}) => ({
  eventId,
  consumer,
  state,
  attempts: 0,
  ...more,
});

describe('the whole tree of a correlation id: request, commands, events, deliveries, retries, read models', () => {
  const requested = event('requested', { command: 'POST /api/orders/:id/confirm', sentAt: 'soon' });
  const confirmed = event('confirmed', {
    causationId: 'requested',
    command: 'orders.fulfilment',
    aggregateVersion: 2,
    time: '2026-01-01T00:00:01.000Z',
  });
  const tree = lineageOf(
    'request-1',
    [confirmed, requested],
    [
      {
        service: 'orders',
        data: {
          deliveries: [delivery('requested', 'orders.fulfilment')],
          changes: [change(1), change(2, 'requested')],
        },
      },
      {
        service: 'users',
        data: {
          deliveries: [delivery('confirmed', 'users.mails', 'waiting', { attempts: 5, error: 'no mail' })],
          changes: [],
        },
      },
    ],
  );

  it('begins with what the request did, and what it announced', () => {
    expect(tree).toMatchObject({
      correlationId: 'request-1',
      steps: [
        {
          service: 'orders',
          command: 'POST /api/orders/:id/confirm',
          at: '2026-01-01T00:00:00.000Z',
          changes: [
            {
              stream: 'order-o1',
              version: 1,
              readModels: [{ projection: 'order-summary', state: 'applied' }],
            },
          ],
          events: [{ id: 'requested', sentAt: 'soon', steps: [] }],
        },
      ],
    });
    expect(tree.steps).toHaveLength(1);
  });

  it('goes on with who heard it, and what came of it there', () => {
    expect(tree.steps[0]?.events[0]?.deliveries).toMatchObject([
      {
        service: 'orders',
        consumer: 'orders.fulfilment',
        state: 'done',
        steps: [
          {
            command: 'orders.fulfilment',
            changes: [{ version: 2 }],
            events: [
              {
                id: 'confirmed',
                deliveries: [
                  {
                    service: 'users',
                    consumer: 'users.mails',
                    state: 'waiting',
                    attempts: 5,
                    error: 'no mail',
                    steps: [],
                  },
                ],
              },
            ],
          },
        ],
      },
    ]);
  });

  it('says each thing once: what stands above it is not repeated', () => {
    const node = tree.steps[0]?.events[0];
    expect(Object.keys(node ?? {}).sort()).toEqual(
      ['aggregateVersion', 'deliveries', 'id', 'sentAt', 'steps', 'subject', 'time', 'type'].sort(),
    );
    expect(node?.deliveries[0]).not.toHaveProperty('eventId');
  });
});

describe('a tree with parts missing', () => {
  it('has an event whose cause nobody knows any more at its root', () => {
    const { steps } = lineageOf('r', [event('late', { causationId: 'purged', command: 'orders.x' })], []);
    expect(steps).toMatchObject([{ command: 'orders.x', events: [{ id: 'late' }] }]);
  });

  it('has what an event caused below it when its delivery is not known any more', () => {
    const { steps } = lineageOf('r', [event('a'), event('b', { causationId: 'a', command: 'posts.x' })], []);
    expect(steps[0]?.events[0]?.steps).toMatchObject([{ command: 'posts.x', events: [{ id: 'b' }] }]);
  });

  it('has what came of a replay below the replay', () => {
    const deliveries = [
      delivery('a', 'orders.x', 'dead', { deadLetter: { id: 'l', status: 'replayed' } }),
      delivery('a', 'orders.x', 'done', { replayOf: 'l' }),
    ];
    const { steps } = lineageOf(
      'r',
      [event('a'), event('b', { causationId: 'a', command: 'orders.x' })],
      [{ service: 'orders', data: { deliveries, changes: [] } }],
    );
    const told = steps[0]?.events[0]?.deliveries ?? [];
    expect(told.map((one) => one.steps.length)).toEqual([0, 1]);
  });

  it('has changes that were not announced, by their service', () => {
    const { steps } = lineageOf(
      'r',
      [],
      [{ service: 'orders', data: { deliveries: [], changes: [change(1)] } }],
    );
    expect(steps).toMatchObject([{ service: 'orders', changes: [{ version: 1 }], events: [] }]);
    expect(steps[0]).not.toHaveProperty('command');
  });

  it('ends, whatever names itself as its cause', () => {
    const circle = [event('a', { causationId: 'b' }), event('b', { causationId: 'a' })];
    expect(() => lineageOf('r', circle, [])).not.toThrow();
    expect(() => lineageOf('r', [event('a', { causationId: 'a' })], [])).not.toThrow();
  });
});
