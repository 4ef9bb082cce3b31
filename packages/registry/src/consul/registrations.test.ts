import { captureLogger, createManualClock, type ManualClock } from '@gatehouse/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { away, createFakeConsulApi, type FakeConsulApi } from '../fixture/fake-consul-api.ts';
import type { Instance } from '../registry.ts';
import { registryError } from '../registry-error.ts';
import { createRegistrations, type Registrations } from './registrations.ts';

const check = { path: '/readyz' } as const;
const posts: Instance = {
  id: 'p1',
  service: 'posts',
  address: '127.0.0.1',
  port: 4001,
  version: '1.2.3',
  tags: ['a'],
  weight: 2,
};

let clock: ManualClock;
let api: FakeConsulApi;
let logger: ReturnType<typeof captureLogger>;
let status: number;
let registrations: Registrations;

beforeEach(() => {
  clock = createManualClock();
  api = createFakeConsulApi();
  logger = captureLogger();
  status = 200;
  const fetchHealth = async () => status;
  registrations = createRegistrations({ api, clock, random: () => 1, fetchHealth, logger });
});

afterEach(() => registrations.close());

const times = (call: string): number => api.calls.filter((made) => made === call).length;

describe('registering', () => {
  it('tells Consul all that it needs to check and to tell others', async () => {
    await registrations.register(posts, check);

    expect(api.registered.get('p1')).toEqual({
      id: 'p1',
      name: 'posts',
      address: '127.0.0.1',
      port: 4001,
      tags: ['a'],
      meta: { version: '1.2.3', weight: '2' },
      check: {
        checkid: 'service:p1',
        name: 'posts /readyz',
        notes: 'found when it registered: GET /readyz: 200',
        http: 'http://127.0.0.1:4001/readyz',
        method: 'GET',
        interval: '5000ms',
        timeout: '2000ms',
        status: 'passing',
        successbeforepassing: 1,
        failuresbeforecritical: 2,
        deregistercriticalserviceafter: '10m',
      },
    });
  });

  it.each([
    [204, 'passing'],
    [429, 'warning'],
    [503, 'critical'],
  ])('an instance whose own check says %d begins as %s', async (answer, health) => {
    status = answer;
    await registrations.register(posts, check);

    expect(api.registered.get('p1')?.check.status).toBe(health);
  });

  it('goes on while Consul is away, and the instance runs meanwhile', async () => {
    api.failWith(away());
    const registration = await registrations.register(posts, check);
    await clock.advance(60_000);
    expect(api.registered.size).toBe(0);
    api.failWith(undefined);
    await clock.advance(5000);
    expect(api.registered.size).toBe(1);
    await registration.deregister();

    expect(api.registered.size).toBe(0);
  });

  it('fails when Consul refuses, and is not tried again', async () => {
    api.failWith(registryError('registry_refused'));
    await expect(registrations.register(posts, check)).rejects.toMatchObject({ code: 'registry_refused' });
    api.failWith(undefined);
    await clock.advance(60_000);

    expect(api.registered.size).toBe(0);
  });
});

describe('a registration that Consul lost', () => {
  it('is made again within five seconds, with what the check says now', async () => {
    await registrations.register(posts, check);
    await clock.advance(20_000);
    expect(times('register p1')).toBe(1);
    api.registered.clear();
    status = 503;
    await clock.advance(5000);

    expect(api.registered.get('p1')?.check.status).toBe('critical');
    expect(logger.lines).toMatchObject([{ msg: 'registered again', instanceId: 'p1' }]);
  });

  it('is noticed after Consul was away; one line says so, however long that took', async () => {
    await registrations.register(posts, check);
    api.failWith(away());
    await clock.advance(120_000);
    api.registered.clear();
    api.failWith(undefined);
    await clock.advance(5000);

    expect(api.registered.size).toBe(1);
    expect(logger.lines).toMatchObject([
      { msg: 'cannot see whether we are registered' },
      { msg: 'registered again' },
    ]);
  });
});

describe('leaving', () => {
  it('is for good', async () => {
    const registration = await registrations.register(posts, check);
    await registration.deregister();
    await registration.deregister();
    await clock.advance(60_000);

    expect(api.registered.size).toBe(0);
    expect(times('deregister p1')).toBe(1);
    expect(times('register p1')).toBe(1);
  });

  it('waits for a registration that is under way, which would come after it', async () => {
    const registration = await registrations.register(posts, check);
    api.registered.clear();
    const { release } = api.hold();
    await clock.advance(5000);
    const left = registration.deregister();
    release();
    await left;
    await clock.advance(60_000);

    expect(api.registered.size).toBe(0);
  });

  it('does not take out who has the id now', async () => {
    const former = await registrations.register(posts, check);
    await registrations.register({ ...posts, port: 4002 }, check);
    await former.deregister();

    expect(api.registered.get('p1')?.port).toBe(4002);
  });

  it('fails when Consul is away', async () => {
    const registration = await registrations.register(posts, check);
    api.failWith(away());

    await expect(registration.deregister()).rejects.toMatchObject({ code: 'registry_unavailable' });
  });

  it('with the registry takes all along and stops looking', async () => {
    await registrations.register(posts, check);
    await registrations.register({ ...posts, id: 'p2' }, check);
    await registrations.close();
    await clock.advance(60_000);

    expect(api.registered.size).toBe(0);
    expect(clock.pending()).toBe(0);
  });
});

it('nobody registered: Consul is not asked', async () => {
  await clock.advance(60_000);

  expect(api.calls).toEqual([]);
});
