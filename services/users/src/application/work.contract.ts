import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeRole, deleteUser, registerUser, renameUser, type User } from '../domain/user.ts';
import type { Transaction, UserHistory } from './ports.ts';

export type OpenWork = () => Promise<
  Readonly<{
    transaction: Transaction;
    history: UserHistory;
    nextId: () => string;
    close: () => Promise<void>;
  }>
>;

const at = '2026-01-01T00:00:00.123Z';
const later = '2026-01-02T00:00:00.456Z';
const refusal = (code: string) => expect.objectContaining({ code });

/** What every adapter of the application's stores promises. */
export const workContract = (name: string, open: OpenWork): void => {
  describe(`${name} as the stores of one transaction`, () => {
    let work: Awaited<ReturnType<OpenWork>>;
    let count = 0;

    beforeAll(async () => {
      work = await open();
    });
    afterAll(() => work.close());

    const newcomer = () => {
      count += 1;
      const person = { email: `ann${count}@example.com`, firstName: 'Ann', lastName: 'Miller' };
      return registerUser({ ...person, id: work.nextId(), passwordHash: 'hash', at });
    };
    const added = async (): Promise<User> => {
      const change = newcomer();
      await work.transaction(({ users }) => users.add(change));
      return change.user;
    };
    const find = (id: string) => work.transaction(({ users }) => users.find(id));
    const eventsOf = async (id: string) => (await work.history.since(id, 0)).map(({ event }) => event);

    describe('accounts', () => {
      it('are found by id and address once added, with their history', async () => {
        const user = await added();

        expect(await find(user.id)).toEqual(user);
        expect(await work.transaction(({ users }) => users.findByEmail(user.email))).toEqual(user);
        expect(await eventsOf(user.id)).toEqual([
          expect.objectContaining({ type: 'user-registered', email: user.email, at }),
        ]);
      });

      it('have an address each', async () => {
        const user = await added();
        const second = newcomer();
        const twin = { ...second, user: { ...second.user, email: user.email } };

        await expect(work.transaction(({ users }) => users.add(twin))).rejects.toEqual(
          refusal('email_taken'),
        );
        expect(await eventsOf(second.user.id)).toEqual([]);
      });

      it('are saved with what happened', async () => {
        const user = await added();
        const change = changeRole(user, 'admin', { at: later, by: user.id });
        await work.transaction(({ users }) => users.save(change));

        expect(await find(user.id)).toEqual(change.user);
        expect(await eventsOf(user.id)).toHaveLength(2);
      });

      it('are not saved over a change by somebody else', async () => {
        const user = await added();
        await work.transaction(({ users }) => users.save(renameUser(user, { firstName: 'Anna' }, later)));
        const stale = renameUser(user, { firstName: 'Anne' }, later);

        await expect(work.transaction(({ users }) => users.save(stale))).rejects.toEqual(
          refusal('version_conflict'),
        );
        expect(await find(user.id)).toMatchObject({ firstName: 'Anna', version: 2 });
      });

      it('stay as they were when the transaction fails', async () => {
        const user = await added();
        const failing = work.transaction(async ({ users }) => {
          await users.save(renameUser(user, { firstName: 'Anna' }, later));
          throw new Error('no');
        });

        await expect(failing).rejects.toThrow('no');
        expect(await find(user.id)).toEqual(user);
        expect(await eventsOf(user.id)).toHaveLength(1);
      });

      it('leave nothing but a history without names when buried, and their address is free', async () => {
        const user = await added();
        await work.transaction(({ users }) => users.save(renameUser(user, { lastName: 'Moss' }, later)));
        const renamed = (await find(user.id)) as User;
        await work.transaction(({ users }) => users.bury(deleteUser(renamed, later)));

        expect(await find(user.id)).toBeUndefined();
        expect((await eventsOf(user.id)).map(({ type }) => type)).toEqual([
          'user-registered',
          'user-renamed',
          'user-deleted',
        ]);
        expect(JSON.stringify(await eventsOf(user.id))).not.toMatch(/ann|moss|miller/i);
        const again = newcomer();
        const reborn = { ...again, user: { ...again.user, email: user.email } };
        await expect(work.transaction(({ users }) => users.add(reborn))).resolves.toBeUndefined();
      });

      it('are counted when they are active administrators', async () => {
        const before = await work.transaction(({ users }) => users.countAdministrators());
        const user = await added();
        await work.transaction(({ users }) => users.save(changeRole(user, 'admin', { at: later })));

        expect(await work.transaction(({ users }) => users.countAdministrators())).toBe(before + 1);
      });

      it('have a history that is read from any version and page by page, newest first', async () => {
        const user = await added();
        await work.transaction(({ users }) => users.save(renameUser(user, { lastName: 'Moss' }, later)));

        expect(await work.history.since(user.id, 1)).toMatchObject([{ version: 2, userId: user.id }]);
        expect(await work.history.page(user.id, { page: 2, limit: 1 })).toMatchObject({
          items: [{ version: 1 }],
          total: 2,
        });
        expect(await work.history.page(user.id, { page: 3, limit: 1 })).toEqual({ items: [], total: 2 });
        expect(await work.history.page(work.nextId(), { page: 1, limit: 1 })).toEqual({
          items: [],
          total: 0,
        });
      });
    });

    describe('sessions', () => {
      const opened = async (userId: string, lastUsedAt = at) => {
        const session = {
          id: work.nextId(),
          userId,
          createdAt: at,
          lastUsedAt,
          expiresAt: '2026-02-01T00:00:00.000Z',
        };
        await work.transaction(({ sessions }) =>
          sessions.open({ ...session, address: '192.0.2.1' }, `hash-${session.id}`),
        );
        return session;
      };

      it('are found by their refresh token', async () => {
        const session = await opened((await added()).id);
        const found = await work.transaction(({ sessions }) => sessions.findByToken(`hash-${session.id}`));

        expect(found).toEqual({
          session: { ...session, address: '192.0.2.1' },
          token: { hash: `hash-${session.id}`, sessionId: session.id },
        });
        expect(await work.transaction(({ sessions }) => sessions.findByToken('none'))).toBeUndefined();
      });

      it('go on with the successor, and remember the former token', async () => {
        const { id } = await opened((await added()).id);
        const next = { hash: `next-${id}`, expiresAt: '2026-03-01T00:00:00.000Z' };
        await work.transaction(({ sessions }) =>
          sessions.rotate({ hash: `hash-${id}`, at: later, sealedSuccessor: 'sealed' }, next),
        );

        expect(await work.transaction(({ sessions }) => sessions.findByToken(`hash-${id}`))).toMatchObject({
          session: { lastUsedAt: later, expiresAt: next.expiresAt },
          token: { usedAt: later, sealedSuccessor: 'sealed' },
        });
        expect(await work.transaction(({ sessions }) => sessions.findByToken(next.hash))).toMatchObject({
          session: { id },
          token: { hash: next.hash },
        });
      });

      it('are listed while they live, the one used last first', async () => {
        const { id: userId } = await added();
        const first = await opened(userId);
        const second = await opened(userId, later);
        const third = await opened(userId);
        await work.transaction(({ sessions }) => sessions.end([third.id], later));
        const idsAt = async (now: string) =>
          (await work.transaction(({ sessions }) => sessions.list(userId, now))).map(({ id }) => id);

        expect(await idsAt(later)).toEqual([second.id, first.id]);
        expect(await idsAt('2026-02-01T00:00:00.000Z')).toEqual([]);
      });
    });

    describe('tokens that work once', () => {
      it('work once, until they expire', async () => {
        const { id: userId } = await added();
        const token = { hash: `once-${userId}`, userId, createdAt: at, expiresAt: later };
        await work.transaction(({ tokens }) => tokens.add(token));
        const take = (now: string) => work.transaction(({ tokens }) => tokens.take(token.hash, now));

        expect(await take(later)).toBeUndefined();
        expect(await take(at)).toEqual({ userId });
        expect(await take(at)).toBeUndefined();
        expect(await work.transaction(({ tokens }) => tokens.findLatest(userId))).toBe(at);
      });
    });

    describe('wishes for a mail', () => {
      it('are kept once an address and taken in order', async () => {
        await work.transaction(async ({ mailRequests }) => {
          for (const email of ['a@example.com', 'b@example.com', 'a@example.com'])
            await mailRequests.add(email);
        });
        const take = () => work.transaction(({ mailRequests }) => mailRequests.take());

        expect([await take(), await take(), await take()]).toEqual([
          'a@example.com',
          'b@example.com',
          undefined,
        ]);
      });
    });
  });
};
