import { EventEmitter } from 'node:events';
import { createManualClock } from '@gatehouse/testing';
import type { ChannelModel } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { messagingError } from '../messaging-errors.ts';
import { silentLogger } from '../messaging-logger.ts';
import { eventNamed } from '../testing/transport-recorder.ts';
import type { BrokerConnection } from './broker-connection.ts';
import { createPublisher } from './publisher.ts';

type Confirm = (error: unknown) => void;

/** As much of a confirm channel as publishing needs; confirms when the test says so. */
const createChannel = (behaviour: 'answers' | 'silent') => {
  const sent: { id: string; confirm: Confirm }[] = [];
  const state = { isClosed: false };
  const answer = async (): Promise<unknown> => (behaviour === 'silent' ? new Promise(() => {}) : {});
  const channel = Object.assign(new EventEmitter(), {
    assertExchange: answer,
    assertQueue: answer,
    bindQueue: answer,
    close: async () => {
      state.isClosed = true;
    },
    publish: (
      _exchange: string,
      _key: string,
      _body: Buffer,
      { messageId }: { messageId: string },
      confirm: Confirm,
    ) => sent.push({ id: messageId, confirm }),
  });
  return { channel, sent, state };
};

const openPublisher = (behaviour: 'answers' | 'silent' = 'answers') => {
  const clock = createManualClock();
  const channels: ReturnType<typeof createChannel>[] = [];
  const givenUp: Error[] = [];
  const model = {
    createConfirmChannel: async () => {
      const next = createChannel(behaviour);
      channels.push(next);
      return next.channel;
    },
  } as unknown as ChannelModel;
  const broker = { model: model as ChannelModel | undefined, blocked: undefined as string | undefined };
  const connection: BrokerConnection = {
    model: () => broker.model,
    blockedBecause: () => broker.blocked,
    absence: () => messagingError('transport_away'),
    giveUp: (reason) => givenUp.push(reason),
    close: async () => {},
  };
  const publisher = createPublisher({
    connection: () => connection,
    server: 'rabbit:5672',
    clock,
    logger: silentLogger,
    window: { limit: 50, limitBytes: 1_000_000, timeoutMs: 5_000 },
  });
  return { publisher, clock, channels, givenUp, broker };
};

const [one, two] = [eventNamed('post', 'created', 'one'), eventNamed('post', 'created', 'two')];

describe('a broker that is away', () => {
  it('is said at once, and nothing waits for it', async () => {
    const { publisher, broker, channels, clock } = openPublisher();
    broker.model = undefined;
    await expect(publisher.publish([one])).rejects.toMatchObject({ code: 'transport_away' });
    expect([channels.length, clock.pending()]).toEqual([0, 0]);
  });
});

describe('a broker short of disk or memory', () => {
  it('is said with its reason, and ends the wait of what was not confirmed', async () => {
    const { publisher, broker, channels, clock } = openPublisher();
    const publishing = publisher.publish([one]);
    await clock.advance(0);
    broker.blocked = 'low on disk';
    publisher.block('low on disk');
    const refusal = { code: 'transport_blocked', message: expect.stringContaining('low on disk') };
    await expect(publishing).rejects.toMatchObject(refusal);
    await expect(publisher.publish([two])).rejects.toMatchObject(refusal);
    expect(channels).toHaveLength(1);
  });
});

describe('a confirm that does not come', () => {
  it('fails alone, and the next batch goes over a new channel', async () => {
    const { publisher, channels, clock } = openPublisher();
    const publishing = publisher.publish([one, two]);
    await clock.advance(0);
    channels[0]?.sent[1]?.confirm(null);
    await clock.advance(5_000);
    expect((await publishing).map(({ status }) => status)).toEqual(['failed', 'stored']);
    expect(channels[0]?.state.isClosed).toBe(true);

    const next = publisher.publish([one]);
    await clock.advance(0);
    channels[1]?.sent[0]?.confirm(null);
    expect(await next).toEqual([{ status: 'stored' }]);
  });

  it('of nothing at all means that the broker is away', async () => {
    const { publisher, clock } = openPublisher();
    const publishing = expect(publisher.publish([one, two])).rejects.toMatchObject({
      code: 'publish_timeout',
    });
    await clock.advance(5_000);
    await publishing;
  });
});

describe('a message that comes back', () => {
  it('has failed though it is confirmed, and what is missing is declared again', async () => {
    const { publisher, channels, clock } = openPublisher();
    const publishing = publisher.publish([one, two]);
    await clock.advance(0);
    channels[0]?.channel.emit('return', {
      properties: { messageId: one.id },
      fields: { routingKey: 'post.created' },
    });
    for (const { confirm } of channels[0]?.sent ?? []) confirm(null);
    expect(await publishing).toMatchObject([
      { status: 'failed', error: { code: 'event_not_taken' } },
      { status: 'stored' },
    ]);

    const next = publisher.publish([one]);
    await clock.advance(0);
    channels[1]?.sent[0]?.confirm(null);
    expect(await next).toEqual([{ status: 'stored' }]);
  });
});

describe('a channel that closes', () => {
  it('fails what it had, and only the next publish opens another', async () => {
    const { publisher, channels, clock } = openPublisher();
    const publishing = expect(publisher.publish([one])).rejects.toMatchObject({ code: 'transport_away' });
    await clock.advance(0);
    channels[0]?.channel.emit('close');
    await publishing;
    expect(channels).toHaveLength(1);
  });
});

describe('a broker that does not answer while a channel is opened', () => {
  it('has failed after 3 s, and its connection is given up', async () => {
    const { publisher, clock, givenUp } = openPublisher('silent');
    const publishing = expect(publisher.publish([one])).rejects.toMatchObject({ code: 'transport_away' });
    await clock.advance(3_000);
    await publishing;
    expect(givenUp).toHaveLength(1);
  });
});
