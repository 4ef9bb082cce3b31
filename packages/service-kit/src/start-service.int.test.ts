import { randomIds } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNotes } from './testing/start-notes.ts';

let notes: Awaited<ReturnType<typeof startNotes>>;
let ada: string;
let adaToken: string;

beforeAll(async () => {
  notes = await startNotes();
  ada = randomIds.next();
  adaToken = await notes.signIn(ada);
});

afterAll(() => notes.end());

const write = async (text = 'a first note') =>
  (await notes.call('POST', '/api/notes', { body: { text }, token: adaToken })).json.data as { id: string };

describe('a request that is answered', () => {
  it('gets an envelope, its tag, its place and its request id', async () => {
    const { status, headers, json } = await notes.call('POST', '/api/notes', {
      body: { text: 'hello' },
      token: adaToken,
      headers: { 'X-Request-Id': 'my-request.1' },
    });

    expect(status).toBe(201);
    expect(json).toEqual({ data: { id: expect.any(String), text: 'hello' } });
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      etag: '"1"',
      location: `/api/notes/${json.data.id}`,
      vary: 'Authorization',
      'x-request-id': 'my-request.1',
      'cache-control': 'private, no-cache',
    });
    expect(headers.has('x-powered-by')).toBe(false);
  });

  it('gets a request id that is made when its own is odd', async () => {
    const { headers } = await notes.call('GET', '/api/notes', { headers: { 'X-Request-Id': 'no spaces' } });

    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is paged', async () => {
    const { json } = await notes.call('GET', '/api/notes?page=2');

    expect(json).toEqual({
      data: [],
      meta: { total: 21, page: 2, limit: 10, totalPages: 3, nextCursor: null },
    });
  });

  it('may be asked with HEAD', async () => {
    const { id } = await write();
    const { status, text, headers } = await notes.call('HEAD', `/api/notes/${id}`);

    expect([status, text, headers.get('etag')]).toEqual([200, '', '"1-excerpt"']);
  });

  it('has a log line without query, and is counted by its pattern', async () => {
    const { id } = await write();
    await notes.call('GET', `/api/notes/${id}`, { headers: { 'X-Request-Id': 'seen-in-log' } });
    const metrics = await notes.call('GET', '/metrics');

    expect(notes.logger.lines).toContainEqual(
      expect.objectContaining({
        requestId: 'seen-in-log',
        method: 'GET',
        route: '/api/notes/:id',
        path: `/api/notes/${id}`,
        status: 200,
        service: 'notes',
      }),
    );
    expect(metrics.text).toMatch(
      /http_request_duration_seconds_count\{[^}]*route="\/api\/notes\/:id",method="GET",status="200"\} 1/,
    );
    expect(metrics.text).toMatch(/outbox_unsent\{service="notes"\} 0/);
    expect(metrics.text).not.toContain(id);
  });
});

describe('versions', () => {
  it('make a 304 of a GET whose tag is known, whatever a coding added to it', async () => {
    const { id } = await write();
    for (const tag of ['"1-excerpt"', 'W/"1-excerpt"', '"0", "1-excerpt-gzip"', '*']) {
      const { status, text, headers } = await notes.call('GET', `/api/notes/${id}`, {
        headers: { 'If-None-Match': tag },
      });
      expect([status, text, headers.get('etag')]).toEqual([304, '', '"1-excerpt"']);
    }
  });

  it('differ by view', async () => {
    const { id } = await write();
    const { status, headers } = await notes.call('GET', `/api/notes/${id}`, {
      token: adaToken,
      headers: { 'If-None-Match': '"1-excerpt"' },
    });

    expect([status, headers.get('etag'), headers.get('vary')]).toEqual([200, '"1-full"', 'Authorization']);
  });

  it('guard a change: 412 when stale, weak or strange', async () => {
    const { id } = await write();
    const change = (ifMatch: string) =>
      notes.call('PATCH', `/api/notes/${id}`, {
        body: { text: 'changed' },
        token: adaToken,
        headers: { 'If-Match': ifMatch },
      });

    expect((await change('"1-full-gzip"')).status).toBe(200);
    for (const stale of ['"1-full"', 'W/"2-full"', '"two"'])
      expect(await change(stale)).toMatchObject({ status: 412, json: { code: 'precondition_failed' } });
    expect(await change('2')).toMatchObject({ status: 400, json: { code: 'malformed_request' } });
    expect((await change('*')).status).toBe(200);
  });
});

describe('the time of a request', () => {
  it('ends with its deadline, 504', async () => {
    const { status, json } = await notes.call('GET', '/api/slow', {
      headers: { 'X-Request-Deadline': String(Date.now() + 100) },
    });

    expect([status, json.code]).toEqual([504, 'gateway_timeout']);
  });

  it('that is over before it begins starts nothing', async () => {
    const before = notes.ledger.effects;
    const { status } = await notes.call('POST', '/api/notes', {
      body: { text: 'hello' },
      token: adaToken,
      headers: { 'X-Request-Deadline': String(Date.now() - 1) },
    });

    expect([status, notes.ledger.effects]).toEqual([504, before]);
  });

  it('commits nothing that is done too late', async () => {
    const late = randomIds.next();
    const { status } = await notes.call('POST', '/api/too-late', {
      token: await notes.signIn(late),
      headers: { 'X-Request-Deadline': String(Date.now() + 100) },
    });

    expect(status).toBe(504);
  });

  it('has to be a number', async () => {
    const { status } = await notes.call('GET', '/api/notes', { headers: { 'X-Request-Deadline': 'soon' } });

    expect(status).toBe(400);
  });
});

describe('a race that is lost', () => {
  it('is run again when the client set no condition', async () => {
    notes.ledger.conflicts = 2;

    expect((await notes.call('POST', '/api/race', { token: adaToken })).json).toEqual({
      data: { won: true },
    });
  });

  it('is the client’s when it did', async () => {
    notes.ledger.conflicts = 1;
    const { status, json } = await notes.call('POST', '/api/race', {
      token: adaToken,
      headers: { 'If-Match': '"3"' },
    });

    expect([status, json.code, notes.ledger.conflicts]).toEqual([409, 'version_conflict', 0]);
  });
});

describe('operations', () => {
  it('says that it is alive and ready, and nothing of where', async () => {
    expect((await notes.call('GET', '/livez')).json).toEqual({ status: 'alive' });
    expect(await notes.call('GET', '/readyz')).toMatchObject({
      status: 200,
      json: { status: 'ready', phase: 'ready', checks: { database: true, keys: true } },
    });
  });

  it('does not answer for an instance that had its address before', async () => {
    const ask = (instance: string) => notes.call('GET', `/readyz?instance=${instance}`);

    expect((await ask(notes.running.instanceId)).status).toBe(200);
    expect(await ask('notes-of-yesterday')).toMatchObject({
      status: 503,
      json: { status: 'another_instance' },
    });
  });

  it('is registered', async () => {
    expect(await notes.registry.list()).toMatchObject([
      { service: 'notes', address: '127.0.0.1', port: notes.running.port, version: '0.1.0' },
    ]);
  });
});

describe('what other parts of Gatehouse ask for', () => {
  it('needs a service token: a user’s is none', async () => {
    expect((await notes.call('GET', '/internal/status')).status).toBe(401);
    expect((await notes.call('GET', '/internal/status', { token: adaToken })).status).toBe(401);
    expect(
      (await notes.call('GET', '/internal/status', { token: await notes.serviceToken() })).json.data,
    ).toEqual({
      outbox: { unsent: 0, held: 0, oldestSeconds: 0 },
      inbox: { pending: 0, waiting: 0, parkedKeys: 0 },
      deadLetters: 0,
      relay: expect.any(String),
      catchUps: [],
      projections: [],
    });
  });

  it('is events, dead letters and the API', async () => {
    const token = await notes.serviceToken();

    expect((await notes.call('GET', '/internal/events?type=note&limit=5', { token })).json).toEqual({
      data: [],
    });
    expect((await notes.call('GET', '/internal/dead-letters?error=x', { token })).json).toEqual({ data: [] });
    expect((await notes.call('GET', '/internal/parked-keys', { token })).json).toEqual({ data: [] });
    expect(
      (await notes.call('POST', '/internal/dead-letters/replay?dryRun&error=x', { token })).json.data,
    ).toEqual({ dryRun: true, matched: 0, replayed: 0, refused: 0, overtaken: 0, left: 0, letters: [] });
    for (const query of ['events?type=%00', 'events?since=0000-01-01T00:00:00Z', 'dead-letters?error=%00'])
      expect((await notes.call('GET', `/internal/${query}`, { token })).status).toBe(422);
    expect((await notes.call('DELETE', `/internal/dead-letters/${ada}`, { token })).status).toBe(404);
    const openApi = (await notes.call('GET', '/internal/openapi.json', { token })).json;
    expect(openApi.openapi).toBe('3.1.0');
    expect(Object.keys(openApi.paths)).toContain('/api/notes/{id}');
    expect(Object.keys(openApi.paths).some((path) => path.startsWith('/internal'))).toBe(false);
  });
});
