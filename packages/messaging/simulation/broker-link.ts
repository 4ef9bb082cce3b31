import type { ChannelModel } from 'amqplib';
import { messagingError } from '../src/messaging-errors.ts';
import type { BrokerConnection, BrokerConnectionParts } from '../src/rabbitmq/broker-connection.ts';
import { openChannel, type SimulatedChannel } from './amqp-channel.ts';
import type { Broker } from './broker.ts';
import type { Faults } from './faults.ts';
import type { Life } from './life.ts';
import type { World } from './world.ts';

/** How long until a lost connection is made again. */
const reconnectMs = 300;

export type LinkParts = Readonly<{ world: World; broker: Broker; life: Life; faults: Faults }>;

/** Connections of one process to the simulated broker, as `openBrokerConnection` opens them to a real one. */
export const linkTo =
  ({ world, broker, life, faults }: LinkParts) =>
  async ({ onConnect }: BrokerConnectionParts): Promise<BrokerConnection> => {
    let model: ChannelModel | undefined;
    let isClosed = false;

    const connect = (): void => {
      if (isClosed || !life.isAlive()) return;
      if (world.nowMs() < broker.awayUntilMs()) {
        world.at(reconnectMs * (0.5 + world.random()), connect);
        return;
      }
      const channels = new Set<SimulatedChannel>();
      let isOpen = true;
      const lose = (): void => {
        if (!isOpen) return;
        isOpen = false;
        model = undefined;
        for (const channel of channels) channel.close();
        world.at(reconnectMs * (0.5 + world.random()), connect);
      };
      broker.onStop(lose);
      life.onEnd(() => world.at(world.random() * 500, lose));
      const fresh = {
        createConfirmChannel: () =>
          life.reach({
            point: 'amqp channel',
            faults: ['crash-before', 'lost-before', 'slow', 'unanswered'],
            lose: () => {
              lose();
              return new Error('Connection lost');
            },
            act: (done, fail) => {
              if (!isOpen) return fail(new Error('Connection lost'));
              const opened = openChannel({
                ...{ world, broker, life, faults },
                isOpen: () => isOpen,
                breakConnection: lose,
              });
              channels.add(opened);
              done(opened.channel);
            },
          }),
      } as unknown as ChannelModel;
      losing.set(fresh, lose);
      model = fresh;
      onConnect(fresh);
    };
    const losing = new WeakMap<ChannelModel, () => void>();

    await life.reach<void>({
      point: 'amqp connect',
      faults: ['crash-before', 'slow'],
      lose: () => new Error(),
      act: (ok) => ok(),
    });
    connect();
    return {
      model: () => model,
      blockedBecause: () => undefined,
      absence: () => messagingError('transport_away'),
      giveUp: () => {
        if (model !== undefined) losing.get(model)?.();
      },
      close: async () => {
        isClosed = true;
        if (model !== undefined) losing.get(model)?.();
      },
    };
  };
