import { randomIds } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNotes } from './testing/start-notes.ts';

let notes: Awaited<ReturnType<typeof startNotes>>;
let token: string;

beforeAll(async () => {
  notes = await startNotes();
  token = await notes.signIn(randomIds.next());
});

afterAll(() => notes.end());

describe('a caller', () => {
  const id = randomIds.next();

  it('without credentials is 401, told how', async () => {
    const { status, headers, json } = await notes.call('POST', '/api/notes', { body: {} });

    expect([status, json.code, headers.get('www-authenticate')]).toEqual([401, 'unauthenticated', 'Bearer']);
  });

  it('with broken credentials is 401, also where they are optional', async () => {
    expect((await notes.call('GET', `/api/notes/${id}`, { token: 'abc' })).status).toBe(401);
    expect(
      (await notes.call('GET', `/api/notes/${id}`, { headers: { Authorization: 'Basic abc' } })).status,
    ).toBe(401);
    expect((await notes.call('GET', `/api/notes/${id}`)).status).toBe(404);
  });

  it('with an unverified address is told so', async () => {
    const unverified = await notes.signIn(id, { verified: false });

    expect(await notes.call('POST', '/api/notes', { token: unverified, body: {} })).toMatchObject({
      status: 403,
      json: { code: 'email_unverified' },
    });
  });

  it('who is no administrator is 403, and one is let in', async () => {
    expect(await notes.call('DELETE', `/api/notes/${id}`, { token })).toMatchObject({
      status: 403,
      json: { code: 'forbidden' },
    });
    const admin = await notes.signIn(id, { role: 'admin' });
    expect(await notes.call('DELETE', `/api/notes/${id}`, { token: admin })).toMatchObject({
      status: 204,
      text: '',
    });
  });

  it('is known before the body is looked at', async () => {
    expect((await notes.call('POST', '/api/notes', { body: '{' })).status).toBe(401);
  });
});
