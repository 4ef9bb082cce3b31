import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServiceTokens } from '@gatehouse/auth';
import { createServiceClient, type Instance } from '@gatehouse/registry';
import { systemClock } from '@gatehouse/resilience';
import { captureLogger } from '@gatehouse/testing';
import { Registry as MetricsRegistry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFakeRegistry } from '../fixture/fake-registry.ts';
import { startTestGateway } from '../fixture/start-test-gateway.ts';
import { createOperationsServer } from '../operations-server.ts';
import { createAnswerGateways } from './answer-gateways.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { gatewayService } from './gateway-service.ts';
import { createOtherGateways } from './other-gateways.ts';

const serviceTokens = createServiceTokens({
  secret: 'a secret of more than 32 bytes for tests',
  clock: systemClock,
});
const openRoute = 'routes: [{ path: /api/*, service: posts, auth: none }]';

type Member = Readonly<{ fleet: Fleet; instance: Instance; url: string }>;

/** Gateways with real operations ports that find each other in one registry. `next` is what each reads at a reload. */
const startFleet = async (ids: readonly string[], next: Readonly<Record<string, string>> = {}) => {
  const registry = createFakeRegistry();
  const members = new Map<string, Member>();

  for (const id of ids) {
    const { gateway } = await startTestGateway({
      config: openRoute,
      nextConfig: () => next[id] ?? openRoute,
    });
    const client = createServiceClient({
      registry,
      tokens: serviceTokens,
      caller: 'gateway',
      clock: systemClock,
    });
    const answerGateways = createAnswerGateways({
      ...{ id, inspection: gateway.inspection, verify: serviceTokens.verify },
      onInternal: () => {},
    });
    const server = createOperationsServer({
      ...{ notReadyBecause: () => undefined, metrics: new MetricsRegistry(), instanceId: id, answerGateways },
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      client.close();
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const instance = {
      ...{ id, service: gatewayService, address: '127.0.0.1', port, version: '1.0.0', tags: [] },
    };
    const others = createOtherGateways({ id, registry, client, logger: captureLogger() });
    const fleet = createFleet(gateway.inspection, others);
    members.set(id, { fleet, instance, url: `http://127.0.0.1:${port}` });
  }
  registry.set(
    gatewayService,
    [...members.values()].map(({ instance }) => instance),
  );
  const member = (id: string): Member => members.get(id) as Member;
  return { registry, member };
};

describe('what is seen: admin reaches all gateways', () => {
  it('a breaker that is held at one is held at all, and let go at all', async () => {
    const { member } = await startFleet(['g1', 'g2', 'g3']);

    const { data, meta } = await member('g1').fleet.setBreaker('posts', 'open');
    expect(data).toMatchObject({ name: 'posts', forced: 'open' });
    expect(meta).toEqual({ gateways: ['g1', 'g2', 'g3'], refused: [], unavailable: [] });

    const { data: seen } = await member('g3').fleet.breakers();
    expect(seen.map(({ gateway, forced }) => [gateway, forced])).toEqual(
      expect.arrayContaining([
        ['g1', 'open'],
        ['g2', 'open'],
        ['g3', 'open'],
      ]),
    );
    await member('g2').fleet.setBreaker('posts', 'auto');
    expect((await member('g1').fleet.breakers()).data.every(({ forced }) => forced === undefined)).toBe(true);
  });

  it('one that cannot be reached is named, and the others do it', async () => {
    const { registry, member } = await startFleet(['g1', 'g2', 'g3']);
    const gone = { ...member('g2').instance, port: 1 };
    registry.set(gatewayService, [member('g1').instance, gone, member('g3').instance]);

    const { meta } = await member('g1').fleet.setBreaker('posts', 'open');

    expect(meta).toEqual({ gateways: ['g1', 'g3'], refused: [], unavailable: ['g2'] });
  });

  it('one whose address is answered by another is one that cannot be reached', async () => {
    const { registry, member } = await startFleet(['g1', 'g2']);
    registry.set(gatewayService, [member('g1').instance, { ...member('g2').instance, id: 'g9' }]);

    expect((await member('g1').fleet.breakers()).meta.unavailable).toEqual(['g9']);
  });

  it('one that refuses a configuration says why, and goes on with its old one', async () => {
    const better = 'routes: [{ path: /v2/*, service: posts, auth: none }]';
    const { member } = await startFleet(['g1', 'g2'], { g1: better, g2: 'routes: [{ path: x }]' });

    const { data, meta } = await member('g1').fleet.reload();

    expect(data).toMatchObject({ changed: true, routes: 1 });
    expect(meta.refused).toEqual([
      { gateway: 'g2', code: 'config_invalid', message: expect.stringContaining('gateway.yaml:1:') },
    ]);
  });

  it('a bad configuration here is asked of nobody else', async () => {
    const { member } = await startFleet(['g1', 'g2'], { g1: 'routes: []' });

    await expect(member('g1').fleet.reload()).rejects.toMatchObject({ code: 'config_invalid' });
  });

  it('what nobody knows is unknown', async () => {
    const { member } = await startFleet(['g1', 'g2']);

    await expect(member('g1').fleet.setBreaker('nobody', 'open')).rejects.toMatchObject({
      code: 'breaker_unknown',
    });
    expect((await member('g1').fleet.clearRateLimit('no|such')).data).toBe(false);
    expect((await member('g1').fleet.rateLimits()).data).toEqual([]);
  });
});

describe('the operations port', () => {
  const ask = (url: string, token: string | undefined, body: string) =>
    fetch(`${url}/internal/operations`, {
      method: 'POST',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      body,
    });
  const operation = JSON.stringify({ from: 'g9', operation: { kind: 'list-breakers' } });

  it('answers nobody but a gateway', async () => {
    const { member } = await startFleet(['g1']);
    const { url } = member('g1');

    expect((await ask(url, undefined, operation)).status).toBe(401);
    expect((await ask(url, 'forged', operation)).status).toBe(401);
    expect((await ask(url, await serviceTokens.issue('posts'), operation)).status).toBe(403);
    expect((await ask(url, await serviceTokens.issue('gateway'), operation)).status).toBe(200);
    expect((await fetch(`${url}/internal/operations`)).status).toBe(404);
  });

  it('takes nothing but an operation', async () => {
    const { member } = await startFleet(['g1']);
    const { url } = member('g1');
    const token = await serviceTokens.issue('gateway');

    for (const body of ['', '{', '{}', '{"from":"x","operation":{"kind":"stop"}}'])
      expect((await ask(url, token, body)).status, body).toBe(400);
    expect((await ask(url, token, ' '.repeat(5000))).status).toBe(413);
  });

  it('is ready as itself only', async () => {
    const { member } = await startFleet(['g1']);
    const { url } = member('g1');

    expect((await fetch(`${url}/readyz?instance=g1`)).status).toBe(200);
    expect((await fetch(`${url}/readyz?instance=g2`)).status).toBe(503);
  });
});
