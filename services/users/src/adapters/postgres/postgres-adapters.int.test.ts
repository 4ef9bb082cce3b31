import { randomIds } from '@gatehouse/contracts';
import { createTransact, migrate, openDatabase } from '@gatehouse/database';
import { createPostgresEventStore, eventStoreMigrations } from '@gatehouse/event-store';
import { createInProcessTransport, createMessaging, messagingMigrations } from '@gatehouse/messaging';
import { systemClock as clock } from '@gatehouse/resilience';
import { createManualClock, openTestDatabase } from '@gatehouse/testing';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { apiKeysContract } from '../../application/api-keys.contract.ts';
import { createAdministerUser } from '../../application/commands/administer-user.ts';
import { createRefreshSession } from '../../application/commands/refresh-session.ts';
import { failureCountsContract } from '../../application/failure-counts.contract.ts';
import { type OpenWork, workContract } from '../../application/work.contract.ts';
import { registerUser } from '../../domain/user.ts';
import { usersMigrations } from '../../migrations/users-migrations.ts';
import { createUserHistory } from '../event-store/user-history.ts';
import { randomSecrets } from '../tokens/random-secrets.ts';
import { createHousekeeping } from './housekeeping.ts';
import { createPostgresFailureCounts } from './postgres-failure-counts.ts';
import { createListMails, postgresMailbox } from './postgres-mail.ts';
import { createListRevocations } from './postgres-revocations.ts';
import { createPostgresSigningKeys } from './postgres-signing-keys.ts';
import { createPostgresTransaction } from './postgres-work.ts';

const ids = randomIds;

const open = async () => {
  const { url, drop } = await openTestDatabase('users adapters');
  const database = openDatabase({ url, applicationName: 'users-test' });
  const { db } = database;
  await migrate(db, { owner: 'messaging', migrations: messagingMigrations });
  await migrate(db, { owner: 'event_store', migrations: eventStoreMigrations });
  await migrate(db, { owner: 'users', migrations: usersMigrations });
  const transact = createTransact({ db });
  const eventStore = createPostgresEventStore({ db, clock, ids });
  const messaging = createMessaging({
    service: 'users',
    database,
    transport: createInProcessTransport(),
    clock,
    ids,
  });
  const deps = { eventStore, outbox: messaging.outbox, clock, ids, mailboxLimit: 3 };
  const close = async () => {
    await database.close();
    await drop();
  };
  return { db, transact, eventStore, transaction: createPostgresTransaction(transact, deps), close };
};

const openWork: OpenWork = async () => {
  const { transaction, eventStore, close } = await open();
  return { transaction, history: createUserHistory(eventStore), nextId: ids.next, close };
};

workContract('PostgreSQL', openWork);
apiKeysContract('PostgreSQL', openWork);

failureCountsContract('PostgreSQL', async () => {
  const { transact, close } = await open();
  return { failures: createPostgresFailureCounts({ transact }), close };
});

describe('revocations in PostgreSQL', () => {
  it('are listed from a cursor on, while they count', async () => {
    const { db, transaction, close } = await open();
    const list = createListRevocations({ db, clock });
    const until = Math.ceil(clock.now() / 1000) + 900;
    const [sid, sub] = [ids.next(), ids.next()];

    expect(await list()).toEqual({ revocations: [], cursor: '0' });
    await transaction(({ revocations }) => revocations.add([{ sid, until }]));
    const first = await list();
    await transaction(({ revocations }) =>
      revocations.add([
        { sub, notBefore: 1.25, until },
        { sid: ids.next(), until: 1 },
      ]),
    );

    expect(first.revocations).toEqual([{ sid, until }]);
    expect((await list(first.cursor)).revocations).toEqual([{ sub, notBefore: 1.25, until }]);
    expect((await list()).revocations).toHaveLength(2);
    await close();
  });

  it('never come out behind a cursor that was given already', async () => {
    const { db, transaction, close } = await open();
    const list = createListRevocations({ db, clock });
    const until = Math.ceil(clock.now() / 1000) + 900;
    const seen = new Set<string | undefined>();
    let cursor: string | undefined;
    const read = async () => {
      const page = await list(cursor);
      for (const { sid } of page.revocations) seen.add(sid);
      cursor = page.cursor;
    };
    const sids = Array.from({ length: 60 }, () => ids.next());
    const writes = sids.map((sid) =>
      transaction(({ revocations }) => revocations.add([{ sid, until }])).then(read),
    );
    await Promise.all(writes);
    await read();

    expect([...seen].sort()).toEqual([...sids].sort());
    await close();
  });
});

describe('signing keys in PostgreSQL', () => {
  it('begin with one, however many instances start together', async () => {
    const { transact, close } = await open();
    const keys = createPostgresSigningKeys({ transact, clock, noticeSeconds: 330, accessTokenSeconds: 900 });
    await Promise.all(Array.from({ length: 6 }, () => keys.ensure()));

    expect(await keys.list()).toHaveLength(1);
    await close();
  });

  it('are shown before they sign and until their last token is out', async () => {
    const { transact, db, close } = await open();
    const manual = createManualClock();
    const keys = createPostgresSigningKeys({
      transact,
      clock: manual,
      noticeSeconds: 330,
      accessTokenSeconds: 900,
    });
    await keys.ensure();
    const [former] = await keys.list();
    const next = await keys.rotate();

    expect((await keys.rotate()).kid).toBe(next.kid);
    expect((await keys.list()).map(({ kid }) => kid)).toEqual([next.kid, former?.kid]);
    expect(Date.parse(next.signsFrom) - manual.now()).toBe(330_000);

    await manual.advance((330 + 900 + 60) * 1000);
    expect((await keys.list()).map(({ kid }) => kid)).toEqual([next.kid]);
    await manual.advance(1);
    await createHousekeeping({ db, clock: manual })();
    expect((await sql`select kid from signing_keys`.execute(db)).rows).toEqual([{ kid: next.kid }]);
    await close();
  });
});

describe('the mailbox in PostgreSQL', () => {
  it('keeps the newest mails', async () => {
    const { db, transact, close } = await open();
    const listMails = createListMails({ db });
    for (let count = 1; count <= 5; count += 1) {
      const mail = {
        to: `ann${count % 2}@example.com`,
        subject: `mail ${count}`,
        text: 't',
        html: 'h',
        links: ['l'],
      };
      await transact((tx) => postgresMailbox(tx, { limit: 3, clock }).send(mail));
    }

    expect((await listMails()).map(({ subject }) => subject)).toEqual(['mail 5', 'mail 4', 'mail 3']);
    expect((await listMails('ann0@example.com')).map(({ subject }) => subject)).toEqual(['mail 4']);
    expect((await listMails())[0]).toMatchObject({
      to: 'ann1@example.com',
      links: ['l'],
      createdAt: expect.any(String),
    });
    await close();
  });
});

describe('two administrators who remove each other at the same moment', () => {
  it('leave one', async () => {
    const { transaction, close } = await open();
    const administer = createAdministerUser({ transaction, clock, accessTokenSeconds: 900 });
    const [first, second] = [ids.next(), ids.next()];
    for (const id of [first, second]) {
      const person = { email: `${id}@example.com`, firstName: 'A', lastName: 'B', role: 'admin' } as const;
      const change = registerUser({ ...person, id, passwordHash: 'hash', at: '2026-01-01T00:00:00.000Z' });
      await transaction(({ users }) => users.add(change));
    }
    const outcomes = await Promise.allSettled([
      administer({ id: first, isActive: false, by: second }),
      administer({ id: second, role: 'user', by: first }),
    ]);

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await transaction(({ users }) => users.countAdministrators())).toBe(1);
    await close();
  });
});

describe('a refresh token used twenty times at once in PostgreSQL', () => {
  it('has one successor', async () => {
    const { transaction, close } = await open();
    const userId = ids.next();
    const at = new Date(clock.now()).toISOString();
    const person = { email: 'ann@example.com', firstName: 'Ann', lastName: 'Miller' };
    const secret = randomSecrets.create();
    await transaction(async ({ users, sessions }) => {
      await users.add(registerUser({ ...person, id: userId, passwordHash: 'hash', at }));
      const session = {
        id: ids.next(),
        userId,
        createdAt: at,
        lastUsedAt: at,
        expiresAt: '2999-01-01T00:00:00.000Z',
      };
      await sessions.open(session, secret.hash);
    });
    const refresh = createRefreshSession({
      ...{ transaction, secrets: randomSecrets, clock, sessionMs: 1_000_000, accessTokenSeconds: 900 },
      accessTokens: {
        issue: async () => ({ accessToken: 'token', expiresIn: 900 }),
        issueForApiKey: async () => ({ accessToken: 'token', expiresIn: 60 }),
      },
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(secret.value)));

    expect(new Set(answers.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    await close();
  });
});
