import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { type RawData, WebSocket } from 'ws';
import { startWebSocketGateway } from '../fixture/start-websocket-gateway.ts';

const nextMessage = async (client: WebSocket): Promise<{ data: Buffer; isBinary: boolean }> => {
  const [data, isBinary] = (await once(client, 'message')) as [RawData, boolean];
  return { data: data as Buffer, isBinary };
};

describe('upgrades: a WebSocket through the gateway', () => {
  it('carries text and binary messages both ways', async () => {
    const { connect } = await startWebSocketGateway();
    const client = await connect('/live/one?room=7');

    client.send('hello');
    expect(await nextMessage(client)).toEqual({ data: Buffer.from('hello'), isBinary: false });
    client.send(Buffer.from([0, 255, 128]));
    expect(await nextMessage(client)).toEqual({ data: Buffer.from([0, 255, 128]), isBinary: true });
  });

  it('carries messages of 1 MiB, whole and in fragments, in order', async () => {
    const { connect } = await startWebSocketGateway();
    const client = await connect('/live');
    const large = Buffer.alloc(1_048_576, 'gatehouse');
    const received: Buffer[] = [];
    client.on('message', (data) => received.push(data as Buffer));

    for (let index = 0; index < 8; index += 1) {
      large.writeUInt8(index, 0);
      client.send(Buffer.from(large));
    }
    client.send('frag', { fin: false });
    client.send('ment', { fin: false });
    client.send('ed', { fin: true });
    await vi.waitFor(() => expect(received).toHaveLength(9), { timeout: 10_000 });

    expect(received.slice(0, 8).map((data) => [data.length, data[0]])).toEqual(
      Array.from({ length: 8 }, (_, index) => [1_048_576, index]),
    );
    expect(String(received[8])).toBe('fragmented');
  });

  it('carries pings and pongs of both sides', async () => {
    const { connect, service } = await startWebSocketGateway();
    const client = await connect('/live');
    const [served] = service.sockets.clients;

    client.ping('from outside');
    expect(String((await once(client, 'pong'))[0])).toBe('from outside');
    served?.ping('from inside');
    expect(String((await once(client, 'ping'))[0])).toBe('from inside');
  });

  it('carries the code and reason of a close, from either side', async () => {
    const { connect, service } = await startWebSocketGateway();
    const leaving = await connect('/live');
    const [served] = service.sockets.clients;
    leaving.close(4001, 'enough');
    const [code, reason] = await once(served as WebSocket, 'close');
    expect([code, String(reason)]).toEqual([4001, 'enough']);

    const left = await connect('/live');
    for (const each of service.sockets.clients) each.close(1001, 'going away');
    const [ownCode, ownReason] = await once(left, 'close');
    expect([ownCode, String(ownReason)]).toEqual([1001, 'going away']);
  });

  it('lets both sides agree on a subprotocol and on compression', async () => {
    const { connect, service } = await startWebSocketGateway({
      service: { server: { perMessageDeflate: true, handleProtocols: () => 'chat.v2' } },
    });
    const client = await connect('/live', ['chat.v1', 'chat.v2']);

    expect([client.protocol, client.extensions]).toEqual(['chat.v2', 'permessage-deflate']);
    expect(service.handshakes[0]?.headers['sec-websocket-protocol']).toBe('chat.v1,chat.v2');
  });

  it('goes to the service as every request does: path, trace, who calls, and nothing that a client may not say', async () => {
    const { connect, service } = await startWebSocketGateway();
    await connect('/own/a%7Eb?x=1', [], {
      headers: {
        authorization: 'Bearer user-1',
        'x-request-id': 'mine',
        'x-forwarded-for': '203.0.113.9',
        'x-gatehouse-role': 'admin',
      },
    });

    const [{ url, headers } = { url: '', headers: {} }] = service.handshakes;
    expect(url).toBe('/own/a~b?x=1');
    expect(headers).toMatchObject({
      host: `127.0.0.1:${service.port}`,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'x-request-id': 'mine',
      'x-forwarded-for': '127.0.0.1',
      'x-gatehouse-principal': 'user-1',
      'x-gatehouse-role': 'user',
      via: '1.1 gatehouse',
    });
    expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-/);
    expect(headers['x-request-deadline']).toMatch(/^\d+$/);
  });

  it('says request id and rate limit with the 101', async () => {
    const { connect } = await startWebSocketGateway();
    const client = new WebSocket(`ws://127.0.0.1:${(await startWebSocketGateway()).port}/live`);
    const [{ headers, statusCode }] = await once(client, 'upgrade');
    client.terminate();

    expect(statusCode).toBe(101);
    expect(headers).toMatchObject({
      'x-request-id': expect.any(String),
      ratelimit: expect.stringContaining('r='),
    });
    expect((await connect('/live')).readyState).toBe(WebSocket.OPEN);
  });
});

describe('upgrades: who calls', () => {
  it('takes the token of a page from the subprotocol bearer.<token>, and logs it nowhere', async () => {
    const { connect, service, logger, metric } = await startWebSocketGateway();
    const client = await connect('/own', ['bearer.user-secret', 'chat']);

    expect(client.protocol).toBe('bearer.user-secret');
    expect(service.handshakes[0]?.headers).toMatchObject({
      authorization: 'Bearer user-secret',
      'x-gatehouse-principal': 'user-secret',
    });
    client.close();
    await vi.waitFor(async () => expect(await metric('gateway_upgrades_open')).toBe(0));
    expect(JSON.stringify(logger.lines)).not.toContain('bearer.');
  });
});

describe('upgrades: hundreds of connections', () => {
  it('leave nothing behind when they are closed, from either side or by a reset', {
    timeout: 30_000,
  }, async () => {
    const { connect, service, gateway, metric } = await startWebSocketGateway({ rateLimitFactor: 100 });
    for (let round = 0; round < 3; round += 1) {
      const clients = await Promise.all(Array.from({ length: 90 }, () => connect('/live')));
      expect(await metric('gateway_upgrades_open')).toBe(90);
      clients.forEach((client, index) => {
        client.on('error', () => {});
        if (index % 3 === 0) client.close();
        else if (index % 3 === 1) client.terminate();
      });
      for (const served of service.sockets.clients) served.close(1000);
      await vi.waitFor(async () => expect(await metric('gateway_upgrades_open')).toBe(0), { timeout: 5000 });
      await vi.waitFor(() => expect(service.sockets.clients.size).toBe(0), { timeout: 5000 });
    }

    expect((await gateway.inspection.services())[0]).toMatchObject({ inFlight: 0 });
    expect(await metric('gateway_upstream_in_flight')).toBe(0);
  });
});
