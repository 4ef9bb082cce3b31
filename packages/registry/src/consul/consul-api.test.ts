import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createManualClock, type ManualClock } from '@gatehouse/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConsulApi, createConsulApi } from './consul-api.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

const { signal } = new AbortController();
const json =
  (body: unknown, headers = {}): Handle =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

let server: Server;
let handle: Handle;
let requests: IncomingMessage[];
let asked: PromiseWithResolvers<void>;
let clock: ManualClock;
let api: ConsulApi;

const nextRequest = (): Promise<void> => {
  asked = Promise.withResolvers();
  return asked.promise;
};

beforeEach(async () => {
  requests = [];
  asked = Promise.withResolvers();
  handle = json([]);
  server = createServer((request, response) => {
    requests.push(request);
    handle(request, response);
    asked.resolve();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  clock = createManualClock();
  const { port } = server.address() as AddressInfo;
  api = createConsulApi({ address: `http://127.0.0.1:${port}/`, token: 'secret-token', clock });
});

afterEach(async () => {
  api.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error) => error,
  );

describe('asking for the health of a service', () => {
  it('has the token, and neither index nor wait unless it blocks', async () => {
    handle = json([{ any: 'thing' }], { 'x-consul-index': '12' });
    expect(await api.health('posts', { signal })).toEqual({ index: '12', entries: [{ any: 'thing' }] });
    await api.health('posts', { signal, block: { index: 18446744073709551615n, waitMs: 30_000 } });

    expect(requests.map(({ url }) => url)).toEqual([
      '/v1/health/service/posts',
      '/v1/health/service/posts?index=18446744073709551615&wait=30000ms',
    ]);
    expect(requests[0]?.headers['x-consul-token']).toBe('secret-token');
    expect(clock.pending()).toBe(0);
  });

  it('waits for the 17/16 that a server may take, and 2 s more', async () => {
    handle = () => {};
    const reached = nextRequest();
    const failure = failureOf(api.health('posts', { signal, block: { index: 1n, waitMs: 16_000 } }));
    await reached;
    await clock.advance(18_999);
    expect(clock.pending()).toBe(1);
    await clock.advance(1);

    expect(await failure).toMatchObject({ code: 'registry_unavailable' });
  });

  it('hangs up when it is given up: Consul would hold the question until its wait is over', async () => {
    handle = () => {};
    const given = new AbortController();
    const reached = nextRequest();
    const block = { index: 1n, waitMs: 30_000 };
    const failure = failureOf(api.health('posts', { signal: given.signal, block }));
    await reached;
    const hungUp = new Promise((resolve) => requests[0]?.socket.once('close', resolve));
    given.abort();
    await hungUp;

    expect(await failure).toMatchObject({ code: 'registry_unavailable' });
    expect(clock.pending()).toBe(0);
  });

  it('does not hang on an answer that breaks off', async () => {
    handle = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 }).write('[{"No');
    };
    const reached = nextRequest();
    const failure = failureOf(api.health('posts', { signal }));
    await reached;
    requests[0]?.socket.destroy();
    await clock.advance(2000);

    expect(await failure).toMatchObject({ code: 'registry_unavailable' });
  });
});

describe('any call', () => {
  it.each([
    [500, 'registry_unavailable'],
    [429, 'registry_unavailable'],
    [403, 'registry_refused'],
    [400, 'registry_refused'],
  ])('answered with %d fails with %s', async (status, code) => {
    handle = (_, response) =>
      void response.writeHead(status, { 'content-type': 'text/plain' }).end('Permission denied');
    const failure = await failureOf(api.checkedIds());

    expect(failure).toMatchObject({
      code,
      details: { status, reason: expect.stringContaining('Permission') },
    });
    expect(JSON.stringify([failure, (failure as Error).cause])).not.toContain('secret-token');
  });

  it('without a server, and after closing, is registry_unavailable', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await failureOf(api.deregister('p1'))).toMatchObject({ code: 'registry_unavailable' });
    api.close();
    expect(await failureOf(api.deregister('p1'))).toMatchObject({ code: 'registry_unavailable' });
  });

  it('ends after 2 s', async () => {
    handle = () => {};
    const reached = nextRequest();
    const failure = failureOf(api.deregister('p1'));
    await reached;
    await clock.advance(2000);

    expect(await failure).toMatchObject({ code: 'registry_unavailable' });
  });

  it('answered by something else than Consul is registry_unavailable', async () => {
    handle = (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');

    expect(await failureOf(api.serviceNames())).toMatchObject({ code: 'registry_unavailable' });
    expect(await failureOf(api.checkedIds())).toMatchObject({ code: 'registry_unavailable' });
  });

  it('shares 64 connections, with all others', async () => {
    const ports = new Set<number | undefined>();
    handle = (request, response) => {
      ports.add(request.socket.remotePort);
      json({})(request, response);
    };
    await Promise.all(Array.from({ length: 500 }, () => api.serviceNames()));

    expect(requests).toHaveLength(500);
    expect(ports.size).toBeLessThanOrEqual(64);
  });
});

it('an id that Consul does not know any more is deregistered', async () => {
  handle = (_, response) => void response.writeHead(404).end('Unknown service ID');

  await expect(api.deregister('p1')).resolves.toBeUndefined();
});
