import { setTimeout as delay } from 'node:timers/promises';
import { type GatewayAlone, startGatewayAlone } from './gateway-alone.ts';
import { isFailed, outcomes, type Shot, startOpenLoop } from './open-loop.ts';
import { judge, type Result } from './result.ts';
import type { ServiceCounts } from './service-counts.ts';

const config = 'routes: [{ path: /api/*, service: things, auth: none }]';
const [clientTries, clientWaitMs] = [3, 50];

/**
 * Every instance fails every request, and clients try up to three times: what reaches the service is at most 1.2 × what reaches the
 * gateway and 10 a second. Once as it is, where the breaker opens, and once with
 * the breaker held closed, so that the retry budget alone has to do it.
 */
export const retryStorm = async ({ short }: { short: boolean }): Promise<Result> => {
  const gateway = await startGatewayAlone({ config, instances: [{}, {}] });
  try {
    const durationMs = short ? 3_000 : 20_000;
    // First, since what requests have earned for retries is kept for 10 s.
    await gateway.program.ask('setBreaker', ['things', 'closed']);
    // The 10 retries that a budget has at first are gone then.
    const emptied = await storm(gateway, 300);
    const heldClosed = await storm(gateway, durationMs, emptied.endedAtMs);
    await gateway.program.ask('setBreaker', ['things', 'auto']);
    const asItIs = await storm(gateway, durationMs, heldClosed.endedAtMs);
    const proved =
      heldClosed.facts.retries > 0 && asItIs.facts.refusedByBreaker > 0 && heldClosed.facts.answered === 0;
    return judge({
      facts: { asItIs: asItIs.facts, heldClosed: heldClosed.facts },
      proved,
      bounds: {
        'attempts, as it is': isWithin(asItIs.facts),
        'attempts, breaker held closed': isWithin(heldClosed.facts),
      },
    });
  } finally {
    await gateway.stop();
  }
};

/** `sinceMs`: when the budget was last known to be empty; what it has earned since then may be spent here. */
const storm = async (gateway: GatewayAlone, durationMs: number, sinceMs = performance.now()) => {
  const attemptsOf = async (): Promise<number> => {
    const counts = await Promise.all(gateway.services.map(({ ask }) => ask<ServiceCounts>('counts')));
    return counts.reduce((sum, { requests }) => sum + requests, 0);
  };
  const [attemptsBefore, retriesBefore] = [
    await attemptsOf(),
    await gateway.counter('gateway_retries_total'),
  ];
  let repeats = 0;
  const again: Promise<unknown>[] = [];
  const load = startOpenLoop({
    origins: [gateway.url],
    perSecond: 200,
    durationMs,
    request: () => ({ path: '/api/fail' }),
    onEnd: (shot) => {
      if (isFailed(shot)) again.push(insist(gateway.url, () => (repeats += 1)));
    },
  });
  const { sent, shots } = await load.ended;
  await Promise.all(again);
  const endedAtMs = performance.now();
  const seconds = (endedAtMs - sinceMs) / 1000;
  const attempts = (await attemptsOf()) - attemptsBefore;
  const offered = sent + repeats;
  const facts = {
    ...{ clients: sent, offered, attempts, seconds: Math.round(seconds) },
    // Of what was earned before and of the 10 a second a part of a retry each may be left over.
    mostAttempts: Math.floor(1.2 * offered + 10 * seconds + 2),
    retries: (await gateway.counter('gateway_retries_total')) - retriesBefore,
    answers: outcomes(shots),
    answered: shots.filter((shot: Shot) => !isFailed(shot)).length,
    refusedByBreaker: shots.filter(({ status }) => status === 503).length,
  };
  return { facts, endedAtMs };
};

type Facts = Readonly<{ attempts: number; mostAttempts: number }>;

const isWithin = ({ attempts, mostAttempts }: Facts): boolean => attempts <= mostAttempts;

/** A client that does not give up at once. */
const insist = async (url: string, count: () => void): Promise<void> => {
  for (let again = 1; again < clientTries; again += 1) {
    await delay(clientWaitMs);
    count();
    const answer = await fetch(`${url}/api/fail`);
    await answer.arrayBuffer();
    if (answer.ok) return;
  }
};
