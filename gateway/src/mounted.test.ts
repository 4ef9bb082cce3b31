import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestGateway } from './fixture/start-test-gateway.ts';

/** The gateway at the root of somebody's Express app: its own fallback is the rest of that app. */
const startApp = async () => {
  const rest = express.Router();
  rest.get('/hello', (_request, response) => void response.send('from the app'));
  const { gateway, upstream } = await startTestGateway({
    createFallback: () => (request, response) =>
      rest(request as express.Request, response as express.Response, () => response.writeHead(404).end()),
  });
  const app = express();
  app.use((request, response) => gateway.handle(request, response, false));

  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(url + path, init);
    return { status: answer.status, text: await answer.text(), id: answer.headers.get('x-request-id') };
  };
  return { call, upstream };
};

describe('data path: a gateway at the root of an Express app', () => {
  it('takes what it routes, and leaves the rest to the app that it stands in', async () => {
    const { call, upstream } = await startApp();

    expect(await call('/api/x?y=1', { method: 'POST', body: 'a body' })).toMatchObject({
      status: 200,
      text: 'a body',
    });
    expect(upstream.received).toMatchObject([{ method: 'POST', url: '/api/x?y=1', body: 'a body' }]);
    expect(await call('/hello')).toMatchObject({ status: 200, text: 'from the app', id: expect.any(String) });
    expect((await call('/nowhere')).status).toBe(404);
  });
});
