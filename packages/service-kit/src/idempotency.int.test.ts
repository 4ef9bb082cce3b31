import { randomIds } from '@gatehouse/contracts';
import { type Database, openDatabase } from '@gatehouse/database';
import { createManualClock } from '@gatehouse/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createIdempotencyKeys } from './idempotency.ts';
import { startNotes } from './testing/start-notes.ts';

let notes: Awaited<ReturnType<typeof startNotes>>;
let database: Database;
let token: string;
let opened: () => void = () => {};
let gate: Promise<void> = Promise.resolve();

beforeAll(async () => {
  notes = await startNotes({ gate: () => gate });
  database = openDatabase({ url: notes.parts.databaseUrl, applicationName: 'idempotency-test' });
});

beforeEach(async () => {
  token = await notes.signIn(randomIds.next());
  notes.ledger.effects = 0;
  gate = Promise.resolve();
});

afterAll(async () => {
  await database.close();
  await notes.end();
});

const write = (key: string, text = 'hello', as = token) =>
  notes.call('POST', '/api/notes', { body: { text }, token: as, headers: { 'Idempotency-Key': key } });

const closeGate = () => {
  gate = new Promise((resolve) => {
    opened = resolve;
  });
};

const untilEffects = async (count: number) => {
  await expect.poll(() => notes.ledger.effects, { timeout: 5_000 }).toBe(count);
};

describe('a repeat with the same key', () => {
  it('gets the first answer again, and nothing is done twice', async () => {
    const first = await write('k1');
    const second = await write('k1');

    expect([second.status, second.text, second.headers.get('etag'), second.headers.get('location')]).toEqual([
      first.status,
      first.text,
      first.headers.get('etag'),
      first.headers.get('location'),
    ]);
    expect([first, second].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    expect(notes.ledger.effects).toBe(1);
  });

  it('is the same whatever the spelling of the body', async () => {
    await write('k1');
    const { status, headers } = await notes.call('POST', '/api/notes', {
      body: ' { "text" : "hello" } ',
      token,
      headers: { 'Idempotency-Key': 'k1' },
    });

    expect([status, headers.get('idempotency-replayed')]).toEqual([201, 'true']);
  });

  it('and another body is refused', async () => {
    await write('k1');

    expect(await write('k1', 'another')).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
    expect(notes.ledger.effects).toBe(1);
  });

  it('while the first is running is told to wait', async () => {
    closeGate();
    const first = write('k1');
    await untilEffects(1);
    const second = await write('k1');
    opened();

    expect([second.status, second.json.code, second.headers.get('retry-after')]).toEqual([
      409,
      'idempotency_in_progress',
      '1',
    ]);
    expect((await first).status).toBe(201);
    expect((await write('k1')).headers.get('idempotency-replayed')).toBe('true');
  });

  it('of another caller is another request', async () => {
    await write('k1');
    const other = await write('k1', 'hello', await notes.signIn(randomIds.next()));

    expect([other.status, other.headers.get('idempotency-replayed')]).toEqual([201, null]);
  });

  it('runs once, however many come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => write('k1')));

    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(notes.ledger.effects).toBe(1);
  });
});

describe('a refusal', () => {
  it('is not kept: the next try is a new one', async () => {
    expect((await write('k1', 'forbidden')).json.code).toBe('note_forbidden');
    expect((await write('k1', 'hello')).status).toBe(201);
    expect(notes.ledger.effects).toBe(2);
  });
});

describe('a key', () => {
  it.each(['with space', 'x'.repeat(256), 'ümlaut'])('that is odd is 400: %s', async (key) => {
    expect(await write(key)).toMatchObject({ status: 400, json: { code: 'malformed_request' } });
  });

  it('may be as long as 255', async () => {
    expect((await write('x'.repeat(255))).status).toBe(201);
  });

  it('is forgotten after 24 h, and purged in batches', async () => {
    const clock = createManualClock(Date.now() + 25 * 60 * 60 * 1000);
    const keys = createIdempotencyKeys({ db: database.db, clock });
    await database.db.deleteFrom('idempotency_keys').execute();
    await database.db
      .insertInto('idempotency_keys')
      .values(
        Array.from({ length: 2_500 }, (_, index) => ({
          caller: 'user:x',
          method: 'POST',
          path: '/',
          key: String(index),
          request_hash: 'h',
          answer: '{}',
          expires_at: new Date(clock.now() - 1),
        })),
      )
      .execute();
    await write('fresh');
    await database.db
      .updateTable('idempotency_keys')
      .set({ expires_at: new Date(clock.now() + 1) })
      .where('key', '=', 'fresh')
      .execute();

    expect(await keys.purge()).toBe(2_500);
    const { length } = await database.db.selectFrom('idempotency_keys').select('key').execute();
    expect(length).toBe(1);
  });

  it('that is over 24 h old and not purged yet counts as new', async () => {
    await write('old');
    await database.db
      .updateTable('idempotency_keys')
      .set({ expires_at: new Date(0) })
      .where('key', '=', 'old')
      .execute();

    expect((await write('old', 'another text')).status).toBe(201);
    expect((await write('old', 'another text')).headers.get('idempotency-replayed')).toBe('true');
  });
});
