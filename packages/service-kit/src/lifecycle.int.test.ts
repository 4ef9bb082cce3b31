import { randomIds } from '@gatehouse/contracts';
import { openDatabase } from '@gatehouse/database';
import { openTestDatabase } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { bareDocument, ok, type Route, route } from './index.ts';
import { startService } from './start-service.ts';
import { notesService } from './testing/notes-service.ts';
import { startNotes } from './testing/start-notes.ts';

type Notes = Awaited<ReturnType<typeof startNotes>>;

/** PostgreSQL forgets a connection a moment after the client has said goodbye. */
const expectNoConnections = (databaseUrl: string, service: string): Promise<void> =>
  expect.poll(() => countConnections(databaseUrl, service), { timeout: 10_000 }).toBe(0);

const countConnections = async (databaseUrl: string, service: string): Promise<number> => {
  const database = openDatabase({ url: databaseUrl, applicationName: 'looking' });
  const { length } = await database.db
    .selectFrom('pg_stat_activity')
    .select('pid')
    .where('application_name', '=', `gatehouse-${service}`)
    .where((row) => row('datname', '=', row.fn('current_database')))
    .execute();
  await database.close();
  return length;
};

describe('a service that stops', () => {
  it('answers what it has begun, says that it is not ready, and then is gone', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const notes = await startNotes({ gate: () => gate });
    const token = await notes.signIn(randomIds.next());
    const writing = notes.call('POST', '/api/notes', { body: { text: 'hello' }, token });
    await expect.poll(() => notes.ledger.effects).toBe(1);

    const stopping = notes.running.stop();
    const readyz = await notes.call('GET', '/readyz');
    expect([readyz.status, readyz.json.phase, readyz.headers.get('connection')]).toEqual([
      503,
      'stopping',
      'close',
    ]);
    expect(await notes.registry.list()).toEqual([]);
    open();

    expect((await writing).status).toBe(201);
    await stopping;
    await notes.running.stop();
    await expect(notes.call('GET', '/livez')).rejects.toThrow();
    await expectNoConnections(notes.parts.databaseUrl, 'notes');
    await notes.end();
  });

  it('does not wait for ever for what hangs', async () => {
    const hanging = { name: 'hanging', start: async () => {}, stop: () => new Promise<void>(() => {}) };
    const notes = await startNotes({ background: [hanging] });

    await notes.running.stop();

    expect(notes.logger.lines).toContainEqual(expect.objectContaining({ part: 'background' }));
    await notes.end();
  });
});

describe('a start that fails half-way', () => {
  it('closes what it had opened, and says why', async () => {
    const notes = await startNotes();
    const stopped: string[] = [];
    // Alone: what runs beside it opens connections when it likes.
    await notes.running.stop();
    const fine = { name: 'fine', start: async () => {}, stop: async () => void stopped.push('fine') };
    const broken = {
      name: 'broken',
      start: () => Promise.reject(new RangeError('no room')),
      stop: async () => void stopped.push('broken'),
    };

    await expect(notes.start({ background: [fine, broken] })).rejects.toThrow('no room');

    expect(stopped.toSorted()).toEqual(['broken', 'fine']);
    expect(await notes.registry.list()).toEqual([]);
    await expectNoConnections(notes.parts.databaseUrl, 'notes');
    await notes.end();
  });

  it('because its settings do not fit opens nothing', async () => {
    const notes = await startNotes();
    const definition = {
      ...notesService({ ledger: notes.ledger }),
      settings: {
        parse: () => {
          throw new TypeError('odd');
        },
      },
    };

    await expect(startService(definition as never, notes.parts)).rejects.toThrow('odd');
    await notes.end();
  });
});

describe('a service that is not users', () => {
  it('reads keys and revocations from users before it is ready, and verifies tokens by itself', async () => {
    const revoked: { sub: string; notBefore: number; until: number }[] = [];
    let users: Notes | undefined;
    const routes: readonly Route[] = [
      route('GET /.well-known/jwks.json', { auth: 'none', summary: 'Keys' }, () =>
        bareDocument({ keys: [users?.publicJwk] }),
      ),
      route('GET /internal/revocations', { auth: 'service', summary: 'Revocations' }, () =>
        ok({ revocations: revoked, cursor: '1' }),
      ),
    ];
    users = await startNotes({ name: 'users', moreRoutes: routes });
    const [good, out] = [randomIds.next(), randomIds.next()];
    const [goodToken, outToken] = [await users.signIn(good), await users.signIn(out)];
    revoked.push({ sub: out, notBefore: Date.now() / 1000 + 1, until: Date.now() / 1000 + 900 });

    const database = await openTestDatabase('service-kit-second');
    const notes = await startService(notesService({ ledger: users.ledger }), {
      ...users.parts,
      databaseUrl: database.url,
    });
    const ask = async (token: string) =>
      fetch(`http://${notes.address}:${notes.port}/api/notes/mine`, {
        headers: { Authorization: `Bearer ${token}` },
      });

    expect(await (await ask(goodToken)).json()).toEqual({ data: { of: good } });
    expect((await ask(outToken)).status).toBe(401);

    await notes.stop();
    await users.end();
    await database.drop();
  });
});
