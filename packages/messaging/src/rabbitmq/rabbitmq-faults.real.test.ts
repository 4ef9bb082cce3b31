import { setTimeout as pause } from 'node:timers/promises';
import {
  type FaultProxy,
  type RabbitMq,
  realServer,
  startFaultProxy,
  startRabbitMq,
} from '@gatehouse/testing/servers';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BrokerTrial, openBrokerTrial } from '../testing/broker-trial.ts';

realServer('rabbitmq').describe('the way over RabbitMQ under its faults', () => {
  let server: RabbitMq;
  let proxy: FaultProxy;
  let trial: BrokerTrial;

  beforeAll(async () => {
    server = await startRabbitMq();
    proxy = await startFaultProxy({ targetPort: server.port });
  });
  afterAll(async () => {
    await proxy.close();
    await server.dispose();
  });
  beforeEach(async () => {
    const url = new URL(server.url);
    url.port = String(proxy.port);
    trial = await openBrokerTrial(url.href);
  });
  afterEach(() => trial.close());

  const faults: readonly Readonly<{
    name: string;
    fault: () => Promise<void>;
    reconnects: number;
    /** A line of the log that shows that it really happened. */
    logged?: string;
  }>[] = [
    {
      name: 'blocked connections: it is short of memory, and takes nothing from who publishes',
      fault: async () => {
        await server.block();
        await pause(4_000);
        await server.unblock();
      },
      reconnects: 0,
      logged: 'RabbitMQ takes no messages',
    },
    {
      name: 'its application stopped for a while, and started',
      fault: async () => {
        await server.stopApp();
        await pause(2_000);
        await server.startApp();
      },
      reconnects: 2,
    },
    {
      name: 'SIGKILL and a restart',
      fault: async () => {
        await server.kill();
        await server.restart();
      },
      reconnects: 2,
    },
    {
      name: 'SIGSTOP for longer than the heartbeat allows',
      fault: async () => {
        await server.freeze();
        await pause(6_000);
        server.thaw();
      },
      reconnects: 2,
    },
    {
      name: 'connections reset, ten times',
      fault: async () => {
        for (let i = 0; i < 10; i++) {
          await pause(200);
          proxy.reset();
        }
      },
      reconnects: 6,
    },
    {
      name: 'a black hole: nothing passes and nothing is said',
      fault: async () => {
        proxy.blackHole();
        await pause(6_000);
        proxy.heal();
      },
      reconnects: 2,
    },
    {
      name: 'half-open connections',
      fault: async () => {
        proxy.halfOpen();
        await pause(5_000);
        proxy.heal();
      },
      reconnects: 2,
    },
    {
      name: 'a network that loses its connections again and again',
      fault: async () => {
        proxy.drop(2);
        await pause(4_000);
        proxy.heal();
      },
      reconnects: 2,
    },
  ];

  describe.each(faults)('$name', ({ name, fault, reconnects, logged }) => {
    it('loses nothing, does nothing twice, and keeps the order of each subject', async () => {
      // A broker that is killed in the first second of a quorum queue may never serve that queue again (3.10).
      await trial.sayWhile(pause(3_000));
      await trial.sayWhile(fault());
      await trial.sayMore(50);

      const counts = await trial.check(name);
      expect(counts.reconnects).toBeGreaterThanOrEqual(reconnects);
      if (logged !== undefined) expect(trial.logged(logged)).toBeGreaterThan(0);
    });
  });

  describe('topology is asserted on every reconnect', () => {
    it('queue, exchanges and bindings that are gone by then are there again', async () => {
      await trial.sayMore(20);
      await trial.untilDone(30_000);
      const admin = await connect(server.url);
      const channel = await admin.createChannel();
      for (let round = 1; round <= 3; round++) {
        const before = trial.logged('subscribed');
        await channel.deleteExchange('gatehouse.events');
        await channel.deleteExchange('gatehouse.unrouted');
        await channel.deleteQueue(trial.queue);
        proxy.reset();
        await expect.poll(() => trial.logged('subscribed'), { timeout: 20_000 }).toBeGreaterThan(before);
        await expect.poll(() => trial.logged('connected to RabbitMQ')).toBeGreaterThanOrEqual(2 + 2 * round);
        await trial.sayMore(20);
        await trial.untilDone(30_000);
      }
      await admin.close();

      const counts = await trial.check('its topology deleted while nobody is connected, three times');
      expect(counts.said).toBe(80);
    });
  });

  describe('a queue that somebody deletes under its consumer', () => {
    it('is there again, bound as before, and goes on', async () => {
      const admin = await connect(server.url);
      const channel = await admin.createChannel();
      for (let round = 1; round <= 5; round++) {
        await trial.sayMore(20);
        await trial.untilDone(30_000);
        await channel.deleteQueue(trial.queue);
        await expect.poll(() => trial.logged('subscribed')).toBe(round + 1);
      }
      await trial.sayMore(20);
      await admin.close();

      const counts = await trial.check('its queue deleted, five times');
      expect(counts.said).toBe(120);
    });
  });
});
