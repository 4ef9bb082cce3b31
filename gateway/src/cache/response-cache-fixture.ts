import { createManualClock } from '@gatehouse/testing';
import { compose } from '../policy.ts';
import type { CacheStore } from './cache-store.ts';
import { forgetOnWrite } from './forget-on-write.ts';
import type { HeaderRecord } from './header-record.ts';
import type { CacheOutcome } from './kept-answer-sink.ts';
import { createMemoryStore } from './memory-store.ts';
import { createScene, reply, type Script } from './policy-fixture.ts';
import { responseCache } from './response-cache.ts';
import { createCacheRules } from './reuse-rules.ts';

export const minute = { 'cache-control': 'max-age=60' };

type Settings = Readonly<{ ttlMs?: number; staleIfErrorMs?: number; vary?: string[] }>;

export const setUp = (script: Script, settings: Settings = {}, given?: CacheStore) => {
  const clock = createManualClock();
  const store = given ?? createMemoryStore({ clock, maxBytes: () => 1_000_000 });
  const outcomes: CacheOutcome[] = [];
  const cache = responseCache({
    ...{ store, rules: createCacheRules(clock), now: clock.now, route: 'r' },
    count: (outcome) => outcomes.push(outcome),
    settings: { ttlMs: undefined, staleIfErrorMs: 0, vary: [], maxBytes: 1000, ...settings },
  });
  const policy = compose(forgetOnWrite(store), cache);
  return { ...createScene(() => policy, script, clock), store, outcomes };
};

/** Counts its answers, so that a test sees which one it got. */
export const counting = (headers: HeaderRecord = minute, status = 200): Script => {
  let count = 0;
  return (arrived) => {
    count += 1;
    reply(arrived, `${count}`, headers, status);
  };
};
