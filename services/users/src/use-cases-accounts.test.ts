import { beforeEach, describe, expect, it } from 'vitest';
import { ann, home, startUseCases } from './use-cases-for-tests.ts';

let { clock, ports, users } = startUseCases();
beforeEach(() => {
  ({ clock, ports, users } = startUseCases());
});

const refusal = (code: string) => expect.objectContaining({ code });

describe('administering accounts', () => {
  const administrator = { email: 'root@example.com', password: 'seven grey lamps' };
  let id: string;
  let rootId: string;

  beforeEach(async () => {
    ({ id } = await users.registerUser(ann));
    await users.ensureAdministrator(administrator);
    rootId = (await users.listUsers({ q: 'root@' }, { page: 1, limit: 1 })).items[0]?.id ?? '';
  });

  it('puts the tokens with the former role out', async () => {
    await users.administerUser({ id, role: 'admin', by: rootId });

    expect(await users.getUser(id)).toMatchObject({ role: 'admin' });
    expect(ports.state().revocations).toEqual([
      { sub: id, notBefore: (clock.now() + 1) / 1000, until: expect.any(Number) },
    ]);
  });

  it('says nothing when all is so already', async () => {
    await users.administerUser({ id, role: 'user', isActive: true, by: rootId });

    expect((await users.listAudit(id, { page: 1, limit: 10 })).total).toBe(1);
  });

  it('refuses to lose the last administrator', async () => {
    const loss = [{ role: 'user' as const }, { isActive: false }];
    for (const change of loss)
      await expect(users.administerUser({ id: rootId, by: rootId, ...change })).rejects.toEqual(
        refusal('last_administrator'),
      );
    await expect(users.deleteAccount(rootId)).rejects.toEqual(refusal('last_administrator'));
  });

  it('refuses a change that is based on a former version', () =>
    expect(users.administerUser({ id, role: 'admin', by: rootId, ifVersion: 7 })).rejects.toEqual(
      refusal('precondition_failed'),
    ));

  it('says which setting is at fault', () =>
    expect(users.ensureAdministrator({ email: 'root', password: 'short' })).rejects.toMatchObject({
      code: 'administrator_refused',
      message: 'administrator.email: Not an e-mail address. administrator.password: At least 12 characters.',
    }));

  it('makes the operator an administrator once, and takes over an account of that address', async () => {
    await users.ensureAdministrator(administrator);
    expect((await users.listAudit(rootId, { page: 1, limit: 10 })).total).toBe(1);

    await users.ensureAdministrator({ email: ann.email, password: 'seven grey lamps' });
    expect(await users.getUser(id)).toMatchObject({ role: 'admin', status: 'active' });
    await expect(users.signIn(home)).rejects.toEqual(refusal('unauthenticated'));
  });
});

describe('deleting an account', () => {
  it('leaves a history without a person in it, and frees the address', async () => {
    const { id } = await users.registerUser(ann);
    await users.renameUser({ id, lastName: 'Moss' });
    const { refreshToken } = await users.signIn(home);
    await users.deleteAccount(id);

    expect(JSON.stringify(ports.state().events)).not.toMatch(/ann|moss|miller/i);
    expect((await users.listAudit(id, { page: 1, limit: 10 })).items[0]).toMatchObject({
      event: { type: 'user-deleted' },
    });
    await expect(users.getUser(id)).rejects.toEqual(refusal('not_found'));
    await expect(users.refreshSession(refreshToken)).rejects.toEqual(refusal('unauthenticated'));
    expect(ports.state().revocations).toContainEqual(expect.objectContaining({ sub: id }));
    await expect(users.registerUser(ann)).resolves.toBeDefined();
  });
});

describe('mails about what happened elsewhere', () => {
  it('go to customers and authors, not about one own comment', async () => {
    const { id } = await users.registerUser(ann);
    await ports.transaction(async (work) => {
      const order = { orderId: 'o1', customerId: id };
      await users.notifyUser.ofOrderConfirmed(work, {
        ...order,
        totalAmount: { amount: 1999, currency: 'EUR' },
      });
      await users.notifyUser.ofOrderRejected(work, { ...order, reason: 'out_of_stock' });
      const comment = {
        postId: 'p1',
        postAuthorId: id,
        authorId: 'bob',
        status: 'pending',
        excerpt: '<b>Hi',
      } as const;
      await users.notifyUser.ofComment(work, comment);
      await users.notifyUser.ofComment(work, { ...comment, authorId: id });
      await users.notifyUser.ofComment(work, { ...comment, postAuthorId: 'nobody' });
    });

    const mails = ports.state().mails;
    expect(mails.map(({ to }) => to)).toEqual(['ann@example.com', 'ann@example.com', 'ann@example.com']);
    expect(mails[0]?.text).toContain('€19.99');
    expect(mails[2]?.html).toContain('&lt;b&gt;Hi');
  });
});
