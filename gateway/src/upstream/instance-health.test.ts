import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { type Clock, systemClock } from '@gatehouse/resilience';
import { createManualClock, seededRandom } from '@gatehouse/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { instanceAt } from '../fixture/fake-registry.ts';
import { startTestGateway, type TestGatewayOptions } from '../fixture/start-test-gateway.ts';

/** A real instance that can be killed and started again on its port, and says how often it was asked. */
const startInstance = async (listener: RequestListener = (_, response) => void response.end('ok')) => {
  let asked = 0;
  let probed = 0;
  const open = (port: number) =>
    new Promise<ReturnType<typeof createServer>>((resolve) => {
      const server = createServer((request, response) => {
        if (request.url?.startsWith('/readyz')) probed += 1;
        else asked += 1;
        listener(request, response);
      });
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  let server = await open(0);
  const { port } = server.address() as AddressInfo;
  const kill = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(kill);
  return {
    port,
    id: `i${port}`,
    asked: () => asked,
    probed: () => probed,
    kill,
    revive: async () => {
      server = await open(port);
    },
  };
};
type TestInstance = Awaited<ReturnType<typeof startInstance>>;

const setUp = async (instances: readonly TestInstance[], options: TestGatewayOptions = {}) => {
  const manual = createManualClock(Date.now());
  /** The short waits before a retry pass by themselves; time limits, ejections and probes wait for the test. */
  const schedule: Clock['schedule'] = (delayMs, task) =>
    delayMs <= 100 ? systemClock.schedule(delayMs, task) : manual.schedule(delayMs, task);
  const clock = { ...manual, schedule };
  const test = await startTestGateway({ clock, ...options });
  const list = (...listed: readonly TestInstance[]) =>
    test.registry.set(
      'posts',
      listed.map(({ port, id }) => instanceAt('posts', port, id)),
    );
  list(...instances);
  const get = async (path = '/api/x', headers: Record<string, string> = {}) => {
    const answer = await fetch(`${test.url}${path}`, { headers });
    await answer.arrayBuffer();
    return answer.status;
  };
  const getMany = async (times: number) => {
    const statuses: number[] = [];
    for (let time = 0; time < times; time += 1) statuses.push(await get());
    return statuses;
  };
  const ejectionOf = async ({ id }: TestInstance) => {
    const [posts] = await test.gateway.inspection.services();
    return posts?.instances.find((instance) => instance.id === id)?.ejection;
  };
  return { ...test, clock, list, get, getMany, ejectionOf };
};

const failing: RequestListener = ({ url }, response) => {
  response.statusCode = url?.startsWith('/readyz') ? 200 : 502;
  response.end();
};
const allOk = (times: number) => new Array(times).fill(200);

describe('passive health: an instance that is killed', () => {
  it('fails no request, is ejected at the first refused connection and asked no more', async () => {
    const [one, two] = [await startInstance(), await startInstance()];
    const { getMany, ejectionOf, gateway } = await setUp([one, two]);
    await getMany(4);
    await one.kill();

    expect(await getMany(20)).toEqual(allOk(20));
    expect(await ejectionOf(one)).toMatchObject({ cause: 'refused', times: 1 });
    const text = await gateway.inspection.metrics.metrics();
    expect(text).toContain('gateway_ejections_total{service="posts",cause="refused"} 1');
    expect(text).toContain('gateway_instances_ejected{service="posts",cause="refused"} 1');
    expect(text).toContain('gateway_instances_available{service="posts"} 1');
    expect(text).toContain('gateway_panic{service="posts"} 0');
  });

  it('fails no request either when many are under way, and the breaker stays closed', async () => {
    const held: (() => void)[] = [];
    const one = await startInstance((_, response) => void held.push(() => response.end()));
    const two = await startInstance();
    const { get, list, getMany, gateway } = await setUp([one]);
    const underWay = Array.from({ length: 12 }, () => get());
    await expect.poll(() => held.length).toBe(12);
    list(one, two);
    await one.kill();

    expect(await Promise.all(underWay)).toEqual(allOk(12));
    expect(await getMany(10)).toEqual(allOk(10));
    expect(gateway.inspection.breakers()).toMatchObject([{ state: 'closed' }]);
  });

  it('is probed on /readyz, and gets requests again when it says that it is ready', async () => {
    const [one, two] = [await startInstance(), await startInstance()];
    const { clock, getMany, ejectionOf } = await setUp([one, two]);
    await one.kill();
    await getMany(4);
    await clock.advance(1000);
    await expect.poll(async () => (await ejectionOf(one))?.probes).toBe(1);
    await one.revive();
    await expect.poll(() => clock.pending()).toBeGreaterThan(0);
    await clock.advance(1000);
    await expect.poll(() => ejectionOf(one)).toBeUndefined();
    const before = one.asked();
    await getMany(10);

    expect(one.probed()).toBe(1);
    expect(one.asked()).toBeGreaterThan(before);
  });
});

describe('passive health: an instance that fails', () => {
  it('is ejected after 5 failures in a row; no client sees one', async () => {
    const [one, two] = [await startInstance(failing), await startInstance()];
    const { getMany, ejectionOf } = await setUp([one, two], { random: seededRandom(1) });

    expect(await getMany(40)).toEqual(allOk(40));
    expect(await ejectionOf(one)).toMatchObject({ cause: 'failures' });
    expect(one.asked()).toBe(5);
  });

  it('is asked in a panic, one that refuses is not', async () => {
    const instances = [await startInstance(failing), await startInstance(), await startInstance()];
    const [bad, gone, good] = instances as [TestInstance, TestInstance, TestInstance];
    const { getMany, ejectionOf, gateway } = await setUp(instances, { random: seededRandom(1) });
    await getMany(40);
    expect(await ejectionOf(bad)).toMatchObject({ cause: 'failures' });
    const before = bad.asked();
    await gone.kill();

    expect(await getMany(10)).toEqual(allOk(10));
    expect(bad.asked()).toBeGreaterThan(before);
    expect(good.asked()).toBeGreaterThan(0);
    const [posts] = await gateway.inspection.services();
    expect(posts?.availability).toBe('panic');
    expect(await gateway.inspection.metrics.metrics()).toContain('gateway_panic{service="posts"} 1');
  });
});

describe('passive health: an instance that breaks off connections while they are idle', () => {
  it('refuses nobody: any request goes out again, also to the only one there is', async () => {
    const sockets = new Set<Socket>();
    const one = await startInstance((request, response) => {
      sockets.add(request.socket);
      response.end('ok');
    });
    const { port, gateway } = await setUp([one]);
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    const statuses: number[] = [];
    for (let time = 0; time < 20; time += 1) {
      client.write('POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
      // The gateway hears of both at once, of the request first.
      for (const socket of sockets) socket.resetAndDestroy();
      sockets.clear();
      const [answer] = await once(client, 'data');
      statuses.push(Number(String(answer).split(' ')[1]));
    }
    client.destroy();

    expect(statuses).toEqual(allOk(20));
    const text = await gateway.inspection.metrics.metrics();
    expect(text).toContain('gateway_ejections_total{service="posts",cause="refused"} 0');
  });
});

describe('passive health: an instance whose host takes connections and breaks each off', () => {
  it('is ejected after 5 of them, not as one where nobody is', async () => {
    const host = createTcpServer((socket) => socket.resetAndDestroy()).listen(0, '127.0.0.1');
    await once(host, 'listening');
    onTestFinished(() => void host.close());
    const { port } = host.address() as AddressInfo;
    const other = await startInstance();
    const { registry, getMany, gateway } = await setUp([other], {
      random: seededRandom(1),
      config: `
services: { posts: { slowStart: 0s } }
routes: [{ path: /api/*, service: posts, auth: none }]`,
    });
    registry.set('posts', [instanceAt('posts', port), instanceAt('posts', other.port, other.id)]);

    expect(await getMany(40)).toEqual(allOk(40));
    const text = await gateway.inspection.metrics.metrics();
    expect(text).toContain('gateway_ejections_total{service="posts",cause="failures"} 1');
    expect(text).toContain('gateway_ejections_total{service="posts",cause="refused"} 0');
  });
});

describe('passive health: a frozen instance', () => {
  it('fails no request and slows down those under way and five more', async () => {
    let isFrozen = false;
    let onStuck = (): void => {};
    const one = await startInstance((_, response) => {
      if (isFrozen) onStuck();
      else response.end();
    });
    const two = await startInstance();
    const { clock, get, getMany, ejectionOf, gateway } = await setUp([one, two], { random: seededRandom(3) });
    await getMany(10);
    isFrozen = true;
    const before = one.asked();
    // One after the other, each as soon as the former is answered or stuck; whoever is stuck gets his answer from the other.
    for (let round = 0; round < 8; round += 1) {
      const answers: Promise<number>[] = [];
      for (let request = 0; request < 20; request += 1) {
        const stuck = new Promise<void>((resolve) => {
          onStuck = resolve;
        });
        answers.push(get());
        await Promise.race([answers.at(-1), stuck]);
      }
      await clock.advance(2000);
      expect(await Promise.all(answers)).toEqual(allOk(20));
    }

    expect(one.asked() - before).toBeLessThanOrEqual(5);
    expect(await ejectionOf(one)).toMatchObject({ cause: 'failures' });
    expect(gateway.inspection.breakers()).toMatchObject([{ state: 'closed' }]);
    expect(await getMany(10)).toEqual(allOk(10));
  });
});

describe('passive health: a service that is gone as a whole', () => {
  it('opens its breaker at once, and closes it when a probe passes', async () => {
    const [one, two] = [await startInstance(), await startInstance()];
    const { clock, getMany, get, gateway } = await setUp([one, two]);
    await one.kill();
    await two.kill();
    expect(await get()).toBe(503);
    expect(gateway.inspection.breakers()).toMatchObject([{ state: 'open' }]);
    await one.revive();
    await clock.advance(1000);
    await expect.poll(() => gateway.inspection.breakers()[0]?.state).toBe('half-open');

    expect(await getMany(4)).toEqual(allOk(4));
    expect(gateway.inspection.breakers()[0]?.state).toBe('closed');
  });
});

describe('balancing: slow start', () => {
  it('gives an instance that joins a share that grows', async () => {
    const [one, two] = [await startInstance(), await startInstance()];
    const { clock, list, getMany } = await setUp([one], { random: seededRandom(5) });
    list(one, two);
    await getMany(60);
    const early = two.asked();
    await clock.advance(10_000);
    await getMany(60);

    expect(early).toBeLessThan(12);
    expect(two.asked() - early).toBeGreaterThan(20);
  });
});

describe('balancing: consistent hash', () => {
  it('keeps requests of one header at one instance, and moves them only when that is gone', async () => {
    const instances = [await startInstance(), await startInstance(), await startInstance()];
    const { get } = await setUp(instances, {
      config: `
services: { posts: { balancer: consistent-hash } }
routes: [{ path: /api/*, service: posts, auth: none, hash: { header: X-Tenant } }]`,
    });
    const ask = async (times: number) => {
      const before = instances.map(({ asked }) => asked());
      for (let time = 0; time < times; time += 1) expect(await get('/api/x', { 'x-tenant': 'a' })).toBe(200);
      return instances.map(({ asked }, index) => asked() - (before[index] as number));
    };
    const first = await ask(10);
    expect(first.toSorted((a, b) => a - b)).toEqual([0, 0, 10]);
    const owner = instances[first.indexOf(10)] as TestInstance;
    await owner.kill();
    const second = await ask(10);

    expect(second.toSorted((a, b) => a - b)).toEqual([0, 0, 10]);
    expect(second.indexOf(10)).not.toBe(first.indexOf(10));
  });
});

describe('discovery: an instance that deregisters', () => {
  it('ends what it has, and nothing fails', async () => {
    let release = (): void => {};
    const one = await startInstance((_, response) => {
      response.write('begun ');
      release = () => response.end('done');
    });
    const two = await startInstance();
    const { url, list, getMany } = await setUp([one]);
    const answer = await fetch(`${url}/api/x`);
    list(two);
    expect(await getMany(10)).toEqual(allOk(10));
    expect([one.asked(), two.asked()]).toEqual([1, 10]);
    release();

    expect(await answer.text()).toBe('begun done');
  });

  it('leaves 503 when it was the last', async () => {
    const one = await startInstance();
    const { list, get } = await setUp([one]);
    list();

    expect(await get()).toBe(503);
  });
});
