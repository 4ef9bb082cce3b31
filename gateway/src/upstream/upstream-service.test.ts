import type { Instance } from '@gatehouse/registry';
import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultServiceConfig, type ServiceConfig } from '../config/gateway-config.ts';
import { createFakeRegistry, instanceAt } from '../fixture/fake-registry.ts';
import { startUpstream } from '../fixture/start-upstream.ts';
import { collectAnswer } from './http1/collect-answer.ts';
import type { InstanceSelection } from './instance-selection.ts';
import type { Outcome, UpstreamInstance } from './upstream-instance.ts';
import { createUpstreamService } from './upstream-service.ts';

const setUp = (ids: readonly string[], config: Partial<ServiceConfig> = {}) => {
  const registry = createFakeRegistry();
  const clock = createManualClock();
  const asked: string[] = [];
  const ready = new Set<string>();
  const named = (id: string, more: Partial<Instance> = {}): Instance => ({
    ...instanceAt('posts', 9000 + Number(id.slice(1)), id),
    ...more,
  });
  registry.set(
    'posts',
    ids.map((id) => named(id)),
  );
  const service = createUpstreamService({
    ...{ name: 'posts', registry, clock, retryBudgetRatio: 0.2 },
    config: { ...defaultServiceConfig, ...config },
    fetchHealth: async (url) => {
      asked.push(url);
      return ready.has(new URL(url).searchParams.get('instance') ?? '') ? 200 : 503;
    },
  });
  onTestFinished(() => service.close());
  const list = (...instances: readonly Instance[]) => registry.set('posts', instances);
  const find = (id: string) => pickAll(service).get(id) as UpstreamInstance;
  return { registry, clock, service, asked, ready, named, list, find };
};

/** Whoever comes out of so many picks. */
const pickAll = (selection: InstanceSelection, times = 200): Map<string, UpstreamInstance> => {
  const picked = new Map<string, UpstreamInstance>();
  for (let time = 0; time < times; time += 1) {
    const upstream = selection.pick(undefined);
    if (upstream !== undefined) picked.set(upstream.id, upstream);
  }
  return picked;
};
const idsOf = (selection: InstanceSelection): string[] => [...pickAll(selection).keys()].sort();

describe('passive health: a service', () => {
  it('passes over an ejected instance until a probe of it passes', async () => {
    const { service, clock, asked, ready, find } = setUp(['i1', 'i2']);
    find('i1').outcome('refused');
    expect(idsOf(service)).toEqual(['i2']);
    expect(['i1', 'i2'].map(service.isAvailable)).toEqual([false, true]);
    expect([service.hasOther(['i1']), service.hasOther(['i2'])]).toEqual([true, false]);
    await clock.advance(1000);
    expect(idsOf(service)).toEqual(['i2']);
    ready.add('i1');
    await clock.advance(1000);

    expect(idsOf(service)).toEqual(['i1', 'i2']);
    expect(asked).toEqual([
      'http://127.0.0.1:9001/readyz?instance=i1',
      'http://127.0.0.1:9001/readyz?instance=i1',
    ]);
  });

  it('counts failures and tries without an answer, and starts over with a good one', () => {
    const { service, find } = setUp(['i1', 'i2']);
    const one = find('i1');
    const tell = (...kinds: readonly Outcome[]): void => {
      for (const kind of kinds) one.outcome(kind);
    };
    tell('failed', 'failed', 'slow', 'slow', 'ok', 'failed', 'failed', 'failed', 'slow', 'released');
    expect(service.ejectionOf('i1')).toBeUndefined();
    tell('slow');

    expect(service.ejectionOf('i1')).toMatchObject({ cause: 'failures', times: 1 });
  });

  it('opens its breaker when each of its instances refuses, until a probe passes', async () => {
    const { service, clock, ready, find } = setUp(['i1', 'i2']);
    const [one, two] = [find('i1'), find('i2')];
    one.outcome('refused');
    expect(service.breaker.report().state).toBe('closed');
    two.outcome('refused');
    expect(service.breaker.report()).toMatchObject({ state: 'open', cause: 'no instance is left' });
    expect(idsOf(service)).toEqual(['i1', 'i2']);
    ready.add('i2');
    await clock.advance(1000);

    expect(service.breaker.report().state).toBe('half-open');
    expect(idsOf(service)).toEqual(['i2']);
  });

  it('opens its breaker when the registry lists nobody any more, until it lists somebody', () => {
    const { service, list, named } = setUp(['i1']);
    list();
    expect([service.breaker.report().state, service.pick(undefined)]).toEqual(['open', undefined]);
    list(named('i1'));

    expect([service.breaker.report().state, service.pick(undefined)?.id]).toEqual(['half-open', 'i1']);
  });

  it('has an instance available from the moment at which it hears of it', () => {
    const { service, list, named } = setUp(['i1']);
    expect(['i1', 'i2'].map(service.isAvailable)).toEqual([true, false]);
    list(named('i1'), named('i2'));

    expect(['i1', 'i2'].map(service.isAvailable)).toEqual([true, true]);
  });

  it('ignores health in a panic, but for whoever refuses', () => {
    const { service, find } = setUp(['i1', 'i2', 'i3', 'i4']);
    const [one, two, three] = [find('i1'), find('i2'), find('i3')];
    for (let time = 0; time < 5; time += 1) one.outcome('slow');
    two.outcome('refused');
    expect([service.health().mode, idsOf(service)]).toEqual(['healthy', ['i3', 'i4']]);
    three.outcome('refused');

    expect([service.health().mode, idsOf(service)]).toEqual(['panic', ['i1', 'i4']]);
  });

  it('does not blame an instance for what a former one at its address did', () => {
    const { service, find, list, named } = setUp(['i1', 'i2']);
    const former = find('i1');
    list(named('i2'), named('i1', { port: 9100 }));
    former.outcome('refused');

    expect(service.ejectionOf('i1')).toBeUndefined();
    expect(idsOf(service)).toEqual(['i1', 'i2']);
  });
});

describe('slow start: a service', () => {
  it('lets an instance begin slowly that joins others, and none of the first list', async () => {
    const { service, clock, list, named } = setUp(['i1']);
    expect(service.pick(undefined)?.newSinceMs).toBeUndefined();
    await clock.advance(500);
    list(named('i1'), named('i2'));

    expect(pickAll(service).get('i2')?.newSinceMs).toBe(500);
  });

  it('knows no slow start after a time without any instance', () => {
    const { service, list, named } = setUp(['i1']);
    list();
    list(named('i1'), named('i2'));

    expect([...pickAll(service).values()].map(({ newSinceMs }) => newSinceMs)).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('balancing: a service', () => {
  it('chooses among the instances of a range of versions', () => {
    const { service, list, named } = setUp([]);
    const all = ['1.4.0', '2.0.0', '2.1.0-rc.1'].map((version, index) => named(`i${index}`, { version }));
    const two = service.ofVersion('2');
    list(...all);
    expect([idsOf(two), idsOf(service.ofVersion('<2'))]).toEqual([['i1', 'i2'], ['i0']]);
    expect([two.hasOther(['i1']), two.hasOther(['i1', 'i2'])]).toEqual([true, false]);
    list(...all.slice(0, 1));

    expect(two.pick(undefined)).toBeUndefined();
  });

  it('keeps the only instance of a version although it is ejected, as long as it takes connections', () => {
    const { service, list, named } = setUp([]);
    list(named('i1', { version: '2.0.0' }), named('i2'), named('i3'));
    const canary = service.ofVersion('2');
    for (let time = 0; time < 5; time += 1) canary.pick(undefined)?.outcome('failed');

    expect([idsOf(service), idsOf(canary)]).toEqual([['i2', 'i3'], ['i1']]);
  });

  it('sends a key to one instance, to the same other one while that is out, and back', async () => {
    const { service, clock, ready } = setUp(['i1', 'i2', 'i3']);
    const owner = service.pick(undefined, 'user-1') as UpstreamInstance;
    const second = service.pick([owner.id], 'user-1');
    owner.outcome('refused');
    expect(service.pick(undefined, 'user-1')).toBe(second);
    ready.add(owner.id);
    await clock.advance(1000);

    expect(service.pick(undefined, 'user-1')).toBe(owner);
  });

  it('goes by weights and strategy of the moment', () => {
    const { service, list, named } = setUp([], { balancer: 'weighted' });
    const share = () => {
      const picks = Array.from({ length: 400 }, () => service.pick(undefined)?.id);
      return picks.filter((id) => id === 'i2').length / 100;
    };
    list(named('i1'), named('i2', { weight: 3 }));
    expect(share()).toBeCloseTo(3, 1);
    list(named('i1'), named('i2'));
    expect(share()).toBeCloseTo(2, 1);
    service.configure({ ...defaultServiceConfig, balancer: 'round-robin' }, 0.2);

    expect(share()).toBe(2);
  });
});

describe('balancing: an instance that answers nothing', () => {
  it('gets five requests and no more while another answers', () => {
    const { service, find } = setUp(['i1', 'i2']);
    const frozen = find('i1');
    for (let request = 0; request < 300; request += 1) {
      const upstream = service.pick(undefined) as UpstreamInstance;
      service.enter(upstream);
      if (upstream === frozen) continue;
      upstream.outcome('ok');
      service.leave(upstream);
    }

    expect(frozen.inFlight).toBeLessThanOrEqual(5);
  });

  it('is asked again when nothing is under way there any more', () => {
    const { service, find } = setUp(['i1', 'i2']);
    const one = find('i1');
    for (let request = 0; request < 6; request += 1) service.enter(one);
    expect(idsOf(service)).toEqual(['i2']);
    for (let request = 0; request < 6; request += 1) {
      one.outcome('released');
      service.leave(one);
    }

    expect(idsOf(service)).toEqual(['i1', 'i2']);
  });
});

describe('draining: an instance that the registry lists no more', () => {
  it('gets no request, and what is under way there ends well before its connections go', async () => {
    const release = Promise.withResolvers<void>();
    const upstream = await startUpstream(async (_request, response) => {
      await release.promise;
      response.end('done');
    });
    onTestFinished(() => upstream.kill());
    const { service, list, named } = setUp([]);
    list(named('i1', { port: upstream.port }), named('i2'));
    const leaving = pickAll(service).get('i1') as UpstreamInstance;
    const answer = collectAnswer(leaving.pool);
    await expect.poll(() => upstream.received.length).toBe(1);
    list(named('i2'));
    expect(idsOf(service)).toEqual(['i2']);
    release.resolve();

    expect((await answer).body).toBe('done');
    await leaving.pool.close();
    expect([leaving.pool.closed, leaving.pool.openCount]).toEqual([true, 0]);
  });

  it('is broken off when the gateway closes', async () => {
    const upstream = await startUpstream(() => {});
    onTestFinished(() => upstream.kill());
    const { service, list, named } = setUp([]);
    list(named('i1', { port: upstream.port }));
    const leaving = service.pick(undefined) as UpstreamInstance;
    const answer = collectAnswer(leaving.pool).catch(({ code }: { code: string }) => code);
    await expect.poll(() => upstream.received.length).toBe(1);
    list();
    await service.close();

    expect(await answer).toBe('UPSTREAM_CLOSED');
  });
});

describe('connections of a service', () => {
  it('are opened anew when their settings are others', () => {
    const { service, find } = setUp(['i1']);
    const one = find('i1');
    const { pool } = one;
    service.configure({ ...defaultServiceConfig }, 0.2);
    expect(one.pool).toBe(pool);
    service.configure({ ...defaultServiceConfig, pools: { connectTimeout: 500, keepAlive: 1000 } }, 0.2);

    expect(one.pool).not.toBe(pool);
    expect([pool.closed, one.pool.closed]).toEqual([true, false]);
  });
});
