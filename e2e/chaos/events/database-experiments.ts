import { setTimeout as delay } from 'node:timers/promises';
import { judge, type Result } from '../gateway/result.ts';
import { type EventsLab, ordersFor, underOrders } from './events-lab.ts';
import { drainLimitMs, factsOf } from './facts.ts';

const instances = ['users', 'posts', 'orders'].flatMap((service) => [`${service}-1`, `${service}-2`]);

const pidsOf = ({ product }: EventsLab): Promise<readonly number[]> =>
  Promise.all(instances.map((name) => product.pidOf(name)));

/** PostgreSQL crashes under orders: nothing acknowledged is lost, and no process dies of it. */
export const postgresRestarted = async (lab: EventsLab): Promise<Result> => {
  const restarts = lab.short ? 2 : 10;
  const { postgres } = lab.product.servers;
  const servers = new Set([postgres.pid()]);
  const before = await pidsOf(lab);
  const result = await underOrders(lab, {
    orders: ordersFor(lab),
    fault: async () => {
      for (let n = 0; n < restarts; n += 1) {
        await delay(1_000 + lab.random() * 2_000);
        await postgres.restartImmediate();
        servers.add(postgres.pid());
      }
    },
  });
  const after = await pidsOf(lab);
  const died = after.filter((pid, n) => pid !== before[n]).length;
  return judge({
    facts: { ...factsOf(result), faults: { 'immediate restart': restarts }, died },
    proved: servers.size === restarts + 1,
    bounds: { 'every rule of conservation': result.brokenRules.length === 0, 'no process died': died === 0 },
    timed: { 'drained within 30 s': result.drainedMs <= drainLimitMs },
  });
};

/**
 * The disk of PostgreSQL is full to the last byte for a while, and RabbitMQ takes nothing, as when its own is short. (Filled to the
 * last byte RabbitMQ 3.10 needs a restart by a person: its quorum queues refuse everything from then on.)
 */
export const diskFull = async (lab: EventsLab): Promise<Result> => {
  const { smallDisk } = lab;
  if (smallDisk === undefined)
    return { holds: true, proved: false, notRun: 'a file system of its own can be mounted by root alone' };
  const { rabbitMq } = lab.product.servers;
  const seconds = lab.short ? 5 : 30;
  const before = await pidsOf(lab);
  let filledBytes = 0;
  let takenMeanwhile = 0;
  const result = await underOrders(lab, {
    orders: ordersFor(lab),
    fault: async ({ taken }) => {
      await rabbitMq.block();
      filledBytes = await smallDisk.fill();
      const start = taken();
      await delay(seconds * 1000);
      takenMeanwhile = taken() - start;
      await smallDisk.free();
      await rabbitMq.unblock();
    },
  });
  const after = await pidsOf(lab);
  const died = after.filter((pid, n) => pid !== before[n]).length;
  return judge({
    facts: {
      ...factsOf(result),
      faults: { 'disk full': 1, 'broker blocked': 1 },
      seconds,
      filledBytes,
      takenMeanwhile,
      died,
    },
    // Orders that were refused: the disk was felt.
    proved: filledBytes > 0 && result.unanswered > 0,
    bounds: { 'every rule of conservation': result.brokenRules.length === 0, 'no process died': died === 0 },
    timed: { 'drained within 30 s': result.drainedMs <= drainLimitMs },
  });
};
