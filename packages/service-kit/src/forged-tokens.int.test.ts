import { generateSigningKey } from '@gatehouse/auth';
import { createTokenForgeries } from '@gatehouse/auth/testing';
import { randomIds } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNotes } from './testing/start-notes.ts';

let notes: Awaited<ReturnType<typeof startNotes>>;

beforeAll(async () => {
  notes = await startNotes();
});
afterAll(() => notes.end());

describe('authentication: a service that is called round the gateway', () => {
  const path = `/api/notes/${randomIds.next()}`;

  it('refuses every forged token as the gateway does', async () => {
    const stranger = await generateSigningKey();
    const { good, forgeries } = createTokenForgeries({
      ...{ key: notes.signingKey, stranger },
      clock: notes.parts.clock,
    });
    const statusOf = async (token: string) => (await notes.call('GET', path, { token })).status;
    expect(await statusOf(good())).toBe(404);

    const letIn: string[] = [];
    for (const [name, forge] of Object.entries(forgeries)) {
      const status = await statusOf(await forge());
      if (status !== 401) letIn.push(`${name}: ${status}`);
    }
    expect(Object.keys(forgeries).length).toBeGreaterThan(100);
    expect(letIn).toEqual([]);
  });

  it('takes no service token for a user, and no user for a service', async () => {
    const user = await notes.signIn(randomIds.next(), { role: 'admin' });

    expect((await notes.call('GET', path, { token: await notes.serviceToken() })).status).toBe(401);
    expect((await notes.call('GET', '/internal/openapi.json', { token: user })).status).toBe(401);
    expect((await notes.call('GET', '/internal/openapi.json')).status).toBe(401);
  });

  it.each([
    [
      'the headers of the gateway',
      { 'x-gatehouse-principal': randomIds.next(), 'x-gatehouse-role': 'admin' },
    ],
    ['an API key', { 'x-api-key': `ghk_${'A'.repeat(43)}` }],
    ['a cookie', { cookie: 'access_token=x' }],
  ])('believes nothing of %s', async (_, headers) => {
    expect((await notes.call('POST', '/api/notes', { headers, body: {} })).status).toBe(401);
  });
});
