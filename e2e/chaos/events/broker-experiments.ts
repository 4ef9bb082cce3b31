import { setTimeout as delay } from 'node:timers/promises';
import { judge, type Result } from '../gateway/result.ts';
import { type EventsLab, ordersFor, underOrders } from './events-lab.ts';
import { drainLimitMs, factsOf } from './facts.ts';

/** RabbitMQ away under orders: every order is taken, all of it is worked off once it is back. */
export const rabbitmqStopped = async (lab: EventsLab): Promise<Result> => {
  const awaySeconds = lab.short ? 6 : 60;
  const { rabbitMq } = lab.product.servers;
  let takenMeanwhile = 0;
  const result = await underOrders(lab, {
    orders: ordersFor(lab),
    fault: async ({ taken }) => {
      await rabbitMq.stopApp();
      const before = taken();
      await delay(awaySeconds * 1000);
      takenMeanwhile = taken() - before;
      await rabbitMq.startApp();
    },
  });
  return judge({
    facts: { ...factsOf(result), faults: { stop_app: 1 }, awaySeconds, takenMeanwhile },
    proved: takenMeanwhile > 0,
    bounds: {
      'every rule of conservation': result.brokenRules.length === 0,
      'every order taken while it was away': result.unanswered === 0,
    },
    timed: { 'drained within 30 s': result.drainedMs <= drainLimitMs },
  });
};

/** RabbitMQ killed again and again, each time at a moment of chance. */
export const rabbitmqKilled = async (lab: EventsLab): Promise<Result> => {
  const kills = lab.short ? 1 : 10;
  const { rabbitMq } = lab.product.servers;
  const pids = new Set<number>([rabbitMq.pid()]);
  const result = await underOrders(lab, {
    orders: ordersFor(lab),
    fault: async () => {
      for (let kill = 0; kill < kills; kill += 1) {
        await delay(500 + lab.random() * 3_000);
        await rabbitMq.kill();
        await rabbitMq.restart();
        pids.add(rabbitMq.pid());
      }
    },
  });
  return judge({
    facts: { ...factsOf(result), faults: { SIGKILL: kills } },
    proved: pids.size === kills + 1,
    bounds: {
      'every rule of conservation': result.brokenRules.length === 0,
      'every order taken while it was away': result.unanswered === 0,
    },
    timed: { 'drained within 30 s': result.drainedMs <= drainLimitMs },
  });
};
