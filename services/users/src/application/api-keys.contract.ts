import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteUser, registerUser, type User } from '../domain/user.ts';
import type { OpenWork } from './work.contract.ts';

const at = '2026-01-01T00:00:00.123Z';
const secondsLater = (seconds: number): string => new Date(Date.parse(at) + seconds * 1000).toISOString();

/** What every adapter of `ApiKeyStore` promises. */
export const apiKeysContract = (name: string, open: OpenWork): void => {
  describe(`${name} as the store of API keys`, () => {
    let work: Awaited<ReturnType<OpenWork>>;
    let owner: User;

    beforeAll(async () => {
      work = await open();
      const person = { email: 'ann@example.com', firstName: 'Ann', lastName: 'Miller' };
      const change = registerUser({ ...person, id: work.nextId(), passwordHash: 'hash', at });
      await work.transaction(({ users }) => users.add(change));
      owner = change.user;
    });
    afterAll(() => work.close());

    const added = async (createdAt = at) => {
      const id = work.nextId();
      const key = { id, userId: owner.id, name: 'backup', scopes: ['posts:read', 'a:b'], createdAt };
      await work.transaction(({ apiKeys }) => apiKeys.add(key, `hash-${id}`));
      return key;
    };
    const find = (id: string) => work.transaction(({ apiKeys }) => apiKeys.findByHash(`hash-${id}`));

    it('finds one by its hash alone', async () => {
      const key = await added();

      expect(await find(key.id)).toEqual(key);
      expect(await work.transaction(({ apiKeys }) => apiKeys.findByHash(key.id))).toBeUndefined();
    });

    it('keeps when it ends', async () => {
      const id = work.nextId();
      const key = { id, userId: owner.id, name: 'n', scopes: [], createdAt: at, expiresAt: secondsLater(60) };
      await work.transaction(({ apiKeys }) => apiKeys.add(key, `hash-${id}`));

      expect(await find(id)).toEqual(key);
    });

    it('lists those of one account, the newest first', async () => {
      const [first, second] = [await added(secondsLater(1)), await added(secondsLater(2))];
      const listed = await work.transaction(({ apiKeys }) => apiKeys.list(owner.id));

      expect(listed.slice(0, 2).map(({ id }) => id)).toEqual([second.id, first.id]);
      expect(await work.transaction(({ apiKeys }) => apiKeys.list(work.nextId()))).toEqual([]);
    });

    it('remembers when one was used, to half a minute', async () => {
      const { id } = await added();
      const used = (seconds: number) =>
        work.transaction(({ apiKeys }) => apiKeys.markUsed(id, secondsLater(seconds)));
      await used(0);
      await used(20);
      expect((await find(id))?.lastUsedAt).toBe(at);
      await used(40);

      expect((await find(id))?.lastUsedAt).toBe(secondsLater(40));
    });

    it('knows nothing of one that was removed', async () => {
      const { id } = await added();
      await work.transaction(({ apiKeys }) => apiKeys.remove(id));

      expect(await find(id)).toBeUndefined();
    });

    it('forgets those of an account that is deleted', async () => {
      const { id } = await added();
      await work.transaction(({ users }) => users.bury(deleteUser(owner, at)));

      expect(await find(id)).toBeUndefined();
    });
  });
};
