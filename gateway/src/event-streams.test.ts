import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestGateway } from './fixture/start-test-gateway.ts';

const config = `
defaults: { timeout: 300ms, compression: true }
routes: [{ name: events, path: /events, service: posts, auth: none }]
`;

/** A stream of events through the gateway, with its service's end in the hands of the test. */
const openStream = async (headers: Readonly<Record<string, string>> = {}) => {
  const served = Promise.withResolvers<{ request: IncomingMessage; response: ServerResponse }>();
  const clock = createManualClock();
  const gateway = await startTestGateway({
    ...{ config, clock },
    raw: (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.flushHeaders();
      served.resolve({ request, response });
    },
  });
  const request = get(`${gateway.url}/events`, { headers: { 'accept-encoding': 'br, gzip', ...headers } });
  onTestFinished(() => void request.destroy());
  request.on('error', () => {});
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.on('error', () => {}).setEncoding('utf8');
  return { ...gateway, clock, answer, service: await served.promise };
};

const next = async (answer: IncomingMessage): Promise<string> => String((await once(answer, 'data'))[0]);

describe('upgrades: a stream of server-sent events', () => {
  it('has its head at once, and each event as it is said, also where answers are compressed', async () => {
    const { answer, service } = await openStream();
    expect(answer.headers).toMatchObject({ 'content-type': 'text/event-stream' });
    expect(answer.headers['content-encoding']).toBeUndefined();

    service.response.write('id: 1\ndata: one\n\n');
    expect(await next(answer)).toBe('id: 1\ndata: one\n\n');
    service.response.write('id: 2\ndata: two\n\n');
    expect(await next(answer)).toBe('id: 2\ndata: two\n\n');
  });

  it('lasts longer than the time limit of the route', async () => {
    const { answer, service, clock } = await openStream();
    await clock.advance(400);
    service.response.write('data: late\n\n');

    expect(await next(answer)).toBe('data: late\n\n');
  });

  it('goes on where it was left: Last-Event-ID reaches the service', async () => {
    const { service } = await openStream({ 'last-event-id': '41' });

    expect(service.request.headers['last-event-id']).toBe('41');
  });

  it('ends at the service when its reader has gone', async () => {
    const { answer, service } = await openStream();
    answer.destroy();
    await once(service.response, 'close');

    expect(service.response.writableFinished).toBe(false);
  });

  it('is broken off for its reader when the service breaks off', async () => {
    const { answer, service } = await openStream();
    service.response.destroy();
    await new Promise((resolve) => answer.once('close', resolve).resume());

    expect(answer.complete).toBe(false);
  });

  it('ends properly with the service, while the gateway drains', async () => {
    const { answer, service, gateway } = await openStream();
    gateway.drain();
    service.response.end('data: bye\n\n');

    expect(await answer.toArray()).toEqual(['data: bye\n\n']);
    expect(answer.complete).toBe(true);
  });
});
