import { createServiceTokens } from '@gatehouse/auth';
import { randomIds } from '@gatehouse/contracts';
import { systemClock } from '@gatehouse/resilience';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNotes } from './testing/start-notes.ts';

let notes: Awaited<ReturnType<typeof startNotes>>;
const id = randomIds.next();
beforeAll(async () => {
  notes = await startNotes();
});
afterAll(() => notes.end());

/** What a gateway, a proxy or a mesh might add, and whoever reaches the port can write. */
const forged = {
  'X-User-Id': id,
  'X-User-Role': 'admin',
  'X-User-Email-Verified': 'true',
  'X-Principal': JSON.stringify({ kind: 'user', id, role: 'admin' }),
  'X-Gatehouse-Principal': id,
  'X-Service': 'gateway',
  'X-Forwarded-User': id,
  'X-Forwarded-For': '127.0.0.1',
  Forwarded: 'for=127.0.0.1;by=gateway',
};

describe('a caller that comes round the gateway', () => {
  it.each([
    ['POST', '/api/notes', { text: 'hello' }],
    ['GET', '/api/notes/mine', undefined],
    ['DELETE', `/api/notes/${id}`, undefined],
    ['GET', '/internal/status', undefined],
  ])('is not believed by its headers: %s %s', async (method, path, body) => {
    for (const headers of [{}, forged]) {
      const answer = await notes.call(method, path, { headers, ...(body === undefined ? {} : { body }) });
      expect([answer.status, answer.json.code]).toEqual([401, 'unauthenticated']);
    }
    expect(notes.ledger.effects).toBe(0);
  });

  it('as a service is no user', async () => {
    const token = await notes.serviceToken();

    expect((await notes.call('POST', '/api/notes', { token, body: { text: 'hello' } })).status).toBe(401);
    expect((await notes.call('DELETE', `/api/notes/${id}`, { token })).status).toBe(401);
  });

  it.each(['/internal/status', '/internal/openapi.json', '/internal/events', '/internal/dead-letters'])(
    'as a user is no service, not even as an administrator: %s',
    async (path) => {
      const token = await notes.signIn(id, { role: 'admin' });

      expect((await notes.call('GET', path, { token, headers: forged })).status).toBe(401);
      expect((await notes.call('GET', path, { token: await notes.serviceToken() })).status).toBe(200);
    },
  );

  it('with a service token of another installation is refused', async () => {
    const secret = 'a secret of at least 32 bytes, of others';
    const token = await createServiceTokens({ secret, clock: systemClock }).issue('gateway');

    expect((await notes.call('GET', '/internal/status', { token })).status).toBe(401);
  });
});
