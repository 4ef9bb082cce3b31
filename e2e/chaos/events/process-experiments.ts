import { setTimeout as delay } from 'node:timers/promises';
import { judge, type Result } from '../gateway/result.ts';
import { crashSteps } from './chaos-hooks.ts';
import { type EventsLab, ordersFor, underOrders } from './events-lab.ts';
import { drainLimitMs, factsOf } from './facts.ts';

/**
 * Before each further round: both instances have died about five times by then, the next start comes after 8 s, and only one that has
 * lived for 10 s is started again at once when it dies.
 */
const restMs = 21_000;

/** A service killed at each step of an event's way, by SIGKILL from inside at exactly that step. */
export const crashAtEachStep = async (lab: EventsLab): Promise<Result> => {
  const times = lab.short ? 1 : Number(process.env.CHAOS_CRASHES ?? 50);
  const { hooks, product } = lab;
  const deathsBefore = await hooks.deaths();
  const reported = (): number => product.output().match(/ended \(SIGKILL\)/g)?.length ?? 0;
  const reportedBefore = reported();
  let crashes = 0;
  const result = await underOrders(lab, {
    orders: ordersFor(lab),
    fault: async () => {
      for (let time = 0; time < times; time += 1) {
        if (time > 0) await delay(restMs);
        for (const step of crashSteps) {
          await hooks.crashAt(step);
          crashes += 1;
        }
      }
    },
  });
  const deaths = await hooks.deaths();
  const perStep = crashSteps.map((step) => (deaths[step] ?? 0) - (deathsBefore[step] ?? 0));
  return judge({
    facts: {
      ...factsOf(result),
      faults: Object.fromEntries(crashSteps.map((step, n) => [step, perStep[n]])),
      processesEnded: reported() - reportedBefore,
    },
    proved: perStep.every((count) => count === times) && reported() - reportedBefore >= crashes,
    bounds: { 'every rule of conservation': result.brokenRules.length === 0 },
    timed: { 'drained within 30 s': result.drainedMs <= drainLimitMs },
  });
};

const hourMs = 3_600_000;

/** The clocks of all processes jump an hour ahead, and back. The servers and the clients keep the right time. */
export const clockAhead = async (lab: EventsLab): Promise<Result> => {
  const seconds = lab.short ? 4 : 60;
  const { hooks } = lab;
  let [takenAhead, takenAfter] = [0, 0];
  const result = await underOrders(lab, {
    orders: ordersFor(lab),
    fault: async ({ taken }) => {
      await hooks.shiftClock(hourMs);
      await delay(1_000);
      const start = taken();
      await delay(seconds * 1000);
      takenAhead = taken() - start;
      await hooks.shiftClock(0);
      await delay(2_000);
      takenAfter = taken() - start - takenAhead;
    },
  });
  return judge({
    facts: { ...factsOf(result), faults: { 'an hour ahead': 1, 'an hour back': 1 }, takenAhead, takenAfter },
    proved: takenAhead > 0,
    bounds: { 'every rule of conservation': result.brokenRules.length === 0, 'orders go on': takenAfter > 0 },
    timed: { 'drained within 30 s': result.drainedMs <= drainLimitMs },
  });
};
