import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServiceTokens, createTokenSigner, generateSigningKey } from '@gatehouse/auth';
import { type Clock, systemClock } from '@gatehouse/resilience';
import { captureLogger } from '@gatehouse/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseGatewaySettings } from './config/settings.ts';
import { createFakeRegistry, instanceAt } from './fixture/fake-registry.ts';
import { type Answer, startUpstream } from './fixture/start-upstream.ts';
import { startGateway } from './start-gateway.ts';

const config = `
routes:
  - { path: /api/users/me, service: users }
  - { path: /api/open, service: users, auth: none }
  - { path: /api/posts, service: posts, auth: none }
`;

type StartOptions = Readonly<{
  usersAreUp?: boolean;
  nothingComesRound?: boolean;
  /** Services that the registry has said nothing of yet. */
  unheardOf?: readonly string[];
  answer?: Answer;
  env?: Record<string, string>;
  /** It is one of several gateways, whose registry does this when one leaves. */
  leaving?: () => Promise<void>;
}>;

const startAll = async (o: StartOptions = {}) => {
  const key = await generateSigningKey();
  const signer = createTokenSigner({
    issuer: 'gatehouse',
    audience: 'gatehouse',
    clock: systemClock,
    currentKey: async () => key,
  });
  const revocations: { sid: string; until: number }[] = [];
  const users = await startUpstream((request, response, body) => {
    const path = request.url?.split('?')[0];
    response.setHeader('content-type', 'application/json');
    if (path === '/.well-known/jwks.json') response.end(JSON.stringify({ keys: [key.publicJwk] }));
    else if (path === '/internal/revocations')
      response.end(JSON.stringify({ data: { revocations, cursor: '1' } }));
    else (o.answer ?? ((_request, plain) => plain.end('{"data":"hello"}')))(request, response, body);
  });
  const { leaving } = o;
  const registry = createFakeRegistry();
  const goUp = () => registry.set('users', [instanceAt('users', users.port)]);
  if (o.usersAreUp !== false) goUp();
  for (const service of o.unheardOf ?? []) registry.beSilentOf(service);

  const file = join(tmpdir(), `gateway-${users.port}.yaml`);
  await writeFile(file, config);
  let aheadMs = 0;
  const clock: Clock = {
    ...systemClock,
    monotonic: () => systemClock.monotonic() + aheadMs,
    // What is done every two seconds is never done then.
    ...(o.nothingComesRound && {
      schedule: (ms, task) => (ms >= 1_000 ? () => {} : systemClock.schedule(ms, task)),
    }),
  };
  const serviceTokens = createServiceTokens({ secret: 'x'.repeat(32), clock });
  const starting = startGateway({
    settings: parseGatewaySettings({
      ...{
        HOST: '127.0.0.1',
        PORT: '0',
        OPERATIONS_PORT: '0',
        GATEWAY_CONFIG: file,
        SHUTDOWN_LIMIT_MS: '300',
      },
      ...o.env,
    }),
    registry:
      leaving === undefined ? registry : { ...registry, register: async () => ({ deregister: leaving }) },
    ...(leaving && {
      fleet: { id: 'gateway-1', version: '1.0.0', advertise: '127.0.0.1', verify: serviceTokens.verify },
    }),
    ...{ serviceTokens, clock },
    logger: captureLogger(),
  });
  const gateway = await starting;
  onTestFinished(async () => {
    await gateway.stop();
    await users.kill();
  });
  const token = (sid: string) =>
    signer.sign({
      sub: '01900000-0000-7000-8000-000000000001',
      role: 'user',
      scope: '',
      email_verified: true,
      sid,
    });
  const call = (path: string, bearer?: string) =>
    fetch(`http://127.0.0.1:${gateway.port}${path}`, {
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    });
  const operations = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${gateway.operationsPort}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  const letTimePass = (ms: number): void => {
    aheadMs += ms;
  };
  return { gateway, users, revocations, token, call, operations, goUp, registry, letTimePass };
};

describe('a gateway that is up', () => {
  it('checks tokens with the keys of the users service', async () => {
    const { call, token, users } = await startAll();

    expect((await call('/api/users/me')).status).toBe(401);
    expect((await call('/api/users/me', await token('s1'))).status).toBe(200);
    expect((await call('/api/users/me', `${await token('s1')}x`)).status).toBe(401);
    const asked = users.received.find(({ url }) => url.startsWith('/internal/revocations'));
    expect(JSON.stringify(asked?.headers)).toMatch(/eyJ/);
  });

  it('refuses what was revoked as soon as it hears of it', async () => {
    const { call, token, revocations, gateway } = await startAll({ nothingComesRound: true });
    const revoked = await token('s1');
    expect((await call('/api/users/me', revoked)).status).toBe(200);

    revocations.push({ sid: 's1', until: Date.now() / 1000 + 900 });
    gateway.revocationHint();

    await vi.waitFor(async () => expect((await call('/api/users/me', revoked)).status).toBe(401));
    expect((await call('/api/users/me', await token('s2'))).status).toBe(200);
  });

  it('says so on its operations port, and nowhere else', async () => {
    const { operations, call } = await startAll();

    expect(await operations('/livez')).toEqual({ status: 200, text: 'ok\n' });
    expect(await operations('/readyz')).toEqual({ status: 200, text: 'ready\n' });
    expect((await operations('/metrics')).text).toContain('gateway_request_duration_seconds');
    expect((await operations('/other')).status).toBe(404);
    expect((await call('/metrics')).status).toBe(404);
  });

  it('never routes /internal', async () => {
    const { call, token } = await startAll();

    expect((await call('/internal/revocations', await token('s1'))).status).toBe(404);
  });
});

describe('a gateway at its start', () => {
  it('is not ready before the registry has said of each service who is there, be it nobody', async () => {
    const { gateway, operations, registry } = await startAll({ unheardOf: ['posts'] });

    expect(await operations('/readyz')).toEqual({
      status: 503,
      text: 'the registry has not said yet who serves posts\n',
    });
    expect(gateway.notReadyBecause()).toContain('posts');
    registry.set('posts', []);
    expect(await operations('/readyz')).toEqual({ status: 200, text: 'ready\n' });
  });

  it('is ready without that word after ten seconds', async () => {
    const { operations, letTimePass } = await startAll({ unheardOf: ['posts'] });
    expect((await operations('/readyz')).status).toBe(503);
    letTimePass(10_000);

    expect((await operations('/readyz')).status).toBe(200);
  });

  it('stays ready when a route to a service is added of which nothing is known', async () => {
    const { operations, registry } = await startAll();
    expect((await operations('/readyz')).status).toBe(200);
    registry.beSilentOf('posts');

    expect((await operations('/readyz')).status).toBe(200);
  });
});

describe('a gateway that stops', () => {
  it('lets what is under way end, as the last answer of its connection', async () => {
    let finish = (): void => {};
    const { gateway, call, users } = await startAll({
      answer: (_request, response) => {
        finish = () => response.end('{}');
      },
    });
    const answer = call('/api/open');
    await vi.waitFor(() => expect(users.received.map(({ url }) => url)).toContain('/api/open'));
    const stopped = gateway.stop();
    finish();

    expect((await answer).status).toBe(200);
    await stopped;
    await expect(call('/api/open')).rejects.toThrow();
  });

  it('breaks off what does not end in time', async () => {
    const { gateway, call, users } = await startAll({ answer: () => {} });
    const answer = call('/api/open');
    const outcome = answer.then(
      ({ status }) => status,
      () => 'broken off',
    );
    await vi.waitFor(() => expect(users.received.map(({ url }) => url)).toContain('/api/open'));

    await gateway.stop();

    expect(await outcome).toBe('broken off');
  });

  it('stops all the same when the registry cannot be told', async () => {
    const { gateway } = await startAll({ leaving: () => Promise.reject(new Error('Consul is away')) });

    await gateway.stop();

    await expect(fetch(`http://127.0.0.1:${gateway.port}/`)).rejects.toThrow();
  });

  it('is not ready while it still accepts', async () => {
    const { gateway, call, operations } = await startAll({ env: { DRAIN_DELAY_MS: '150' } });
    const stopped = gateway.stop();

    expect((await operations('/readyz')).status).toBe(503);
    expect((await call('/api/open')).status).toBe(200);
    await stopped;
  });
});

describe('a gateway with a configuration that is wrong', () => {
  it('does not start', async () => {
    const settings = parseGatewaySettings({ GATEWAY_CONFIG: '/nowhere/gateway.yaml' });

    await expect(
      startGateway({
        settings,
        registry: createFakeRegistry(),
        serviceTokens: { issue: () => 'x' },
        clock: systemClock,
        logger: captureLogger(),
      }),
    ).rejects.toMatchObject({ code: 'config_invalid' });
  });
});
