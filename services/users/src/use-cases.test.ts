import { createManualClock, sequentialIds } from '@gatehouse/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryPorts } from './adapters/memory/memory-ports.ts';
import { usersSettings } from './config.ts';
import { graceMs, sessionLimit } from './domain/session.ts';
import { createUseCases, type UseCases } from './use-cases.ts';

const settings = usersSettings.parse({ publicUrl: 'https://gate.example/' });
const ann = { email: 'Ann@Example.com', password: 'four red lamps', firstName: 'Ann', lastName: 'Miller' };
const home = { email: ann.email, password: ann.password, address: '192.0.2.1', userAgent: 'curl/8' };

let clock: ReturnType<typeof createManualClock>;
let ports: ReturnType<typeof createMemoryPorts<ReturnType<typeof createManualClock>>>;
let users: UseCases;

beforeEach(() => {
  clock = createManualClock();
  ports = createMemoryPorts({ clock, ids: sequentialIds() });
  users = createUseCases(ports, settings);
});

const mailedToken = () => /token=([\w-]+)/.exec(ports.state().mails.at(-1)?.links[0] ?? '')?.[1] ?? '';
const sendWelcome = (id: string) => ports.transaction((work) => users.sendVerificationMail.toUser(work, id));
const isSessionRevoked = (id: string) => ports.state().revocations.some(({ sid }) => sid === id);
const refusal = (code: string) => expect.objectContaining({ code });

describe('registering', () => {
  it('makes an account that waits for its verification', async () => {
    const { id } = await users.registerUser(ann);

    expect(await users.getUser(id)).toMatchObject({
      email: 'ann@example.com',
      fullName: 'Ann Miller',
      role: 'user',
      status: 'pending_verification',
      isActive: true,
      lastLoginAt: null,
    });
    expect((await users.listAudit(id, { page: 1, limit: 10 })).items).toMatchObject([
      { event: { type: 'user-registered' } },
    ]);
  });

  it('sends no mail by itself and keeps no password', async () => {
    await users.registerUser(ann);

    expect(ports.state().mails).toEqual([]);
    expect(JSON.stringify(ports.state().events)).not.toContain(ann.password);
  });

  it('refuses a taken address, whatever its case', async () => {
    await users.registerUser(ann);

    await expect(users.registerUser({ ...ann, email: 'ANN@example.com' })).rejects.toEqual(
      refusal('email_taken'),
    );
  });

  it('refuses a password that is easy to guess', () =>
    expect(users.registerUser({ ...ann, password: 'password1234' })).rejects.toMatchObject({
      code: 'validation_failed',
      details: { errors: [{ path: '/password' }] },
    }));
});

describe('verifying an address', () => {
  it('works with the mailed token, once', async () => {
    const { id } = await users.registerUser(ann);
    await sendWelcome(id);

    await users.verifyUser(mailedToken());

    expect(await users.getUser(id)).toMatchObject({ status: 'active' });
    await expect(users.verifyUser(mailedToken())).rejects.toEqual(refusal('invalid_token'));
  });

  it('does not work with an expired token', async () => {
    const { id } = await users.registerUser(ann);
    await sendWelcome(id);
    await clock.advance(24 * 3_600_000);

    await expect(users.verifyUser(mailedToken())).rejects.toEqual(refusal('invalid_token'));
  });

  it('keeps only the hash of the token, and mails a link without it in the path', async () => {
    const { id } = await users.registerUser(ann);
    await sendWelcome(id);

    expect([...ports.state().oneTimeTokens.keys()]).not.toContain(mailedToken());
    expect(new URL(ports.state().mails[0]?.links[0] ?? '').hash).toContain(mailedToken());
  });
});

describe('asking for another verification mail', () => {
  const serveRequests = async () => {
    while (await ports.transaction((work) => users.sendVerificationMail.toNextRequest(work)));
  };

  it('sends one, at most one a minute', async () => {
    await users.registerUser(ann);
    await users.requestVerificationMail(ann.email);
    await serveRequests();
    await users.requestVerificationMail(ann.email);
    await serveRequests();

    expect(ports.state().mails).toHaveLength(1);

    await clock.advance(60_000);
    await users.requestVerificationMail(ann.email);
    await serveRequests();

    expect(ports.state().mails).toHaveLength(2);
  });

  it('sends nothing to an address without an account, and to one that is verified', async () => {
    const { id } = await users.registerUser(ann);
    await sendWelcome(id);
    await users.verifyUser(mailedToken());
    await clock.advance(60_000);

    for (const email of ['nobody@example.com', ann.email, 'no address'])
      await users.requestVerificationMail(email);
    await serveRequests();

    expect(ports.state().mails).toHaveLength(1);
  });
});

describe('signing in', () => {
  it('opens a session and says when', async () => {
    const { id } = await users.registerUser(ann);
    const tokens = await users.signIn(home);

    expect(tokens).toMatchObject({ accessToken: expect.stringContaining(id), expiresIn: 900 });
    expect((await users.getUser(id)).lastLoginAt).toBe(new Date(clock.now()).toISOString());
    expect(await users.listSessions(id)).toMatchObject([{ address: '192.0.2.1', userAgent: 'curl/8' }]);
    expect(JSON.stringify([...ports.state().refreshTokens])).not.toContain(tokens.refreshToken);
  });

  it('is refused alike for a wrong password, an unknown address and a closed account', async () => {
    const { id } = await users.registerUser(ann);
    await expect(users.signIn({ ...home, password: 'x' })).rejects.toEqual(refusal('unauthenticated'));
    await expect(users.signIn({ ...home, email: 'bob@example.com' })).rejects.toEqual(
      refusal('unauthenticated'),
    );

    await users.administerUser({ id, isActive: false, by: 'root' });
    await expect(users.signIn(home)).rejects.toEqual(refusal('unauthenticated'));
  });

  it('keeps fifty sessions; the one longest unused ends for a new one', async () => {
    const { id } = await users.registerUser(ann);
    await users.signIn(home);
    const [first] = await users.listSessions(id);
    for (let count = 0; count < sessionLimit; count += 1) {
      await clock.advance(1_000);
      await users.signIn(home);
    }

    const ids = (await users.listSessions(id)).map((session) => session.id);
    expect(ids).toHaveLength(sessionLimit);
    expect(ids).not.toContain(first?.id);
    expect(isSessionRevoked(first?.id ?? '')).toBe(true);
  });
});

describe('failing to sign in again and again', () => {
  const fail = (address: string, email = ann.email) =>
    users.signIn({ ...home, address, email, password: 'wrong' }).then(
      () => 'in',
      (error) => error.code,
    );
  const failTimes = async (times: number, address: string, email?: string) => {
    for (let count = 0; count < times; count += 1) await fail(address, email);
  };

  beforeEach(async () => {
    await users.registerUser(ann);
  });

  it('is refused after five times from one place, and says when to come back', async () => {
    await failTimes(5, '198.51.100.9');

    await expect(users.signIn({ ...home, address: '198.51.100.9' })).rejects.toMatchObject({
      code: 'rate_limited',
      details: { retryAfterSeconds: 120 },
    });

    await clock.advance(120_000);
    await expect(users.signIn({ ...home, address: '198.51.100.9' })).resolves.toBeDefined();
  });

  it('is refused alike for an address without an account', async () => {
    await failTimes(5, '198.51.100.9', 'nobody@example.com');

    expect(await fail('198.51.100.9', 'nobody@example.com')).toBe('rate_limited');
  });

  it('does not lock the owner out elsewhere, known place or not', async () => {
    await users.signIn(home);
    await failTimes(200, '198.51.100.9');

    await expect(users.signIn(home)).resolves.toBeDefined();
    await expect(users.signIn({ ...home, address: '203.0.113.50' })).resolves.toBeDefined();
  });

  it('does not lock the owner out of a known place even when many machines try', async () => {
    await users.signIn(home);
    for (let machine = 0; machine < 30; machine += 1) await failTimes(5, `198.51.100.${machine}`);

    expect(await fail('203.0.113.50')).toBe('rate_limited');
    await expect(users.signIn(home)).resolves.toBeDefined();
  });

  it('is refused from one place over all accounts', async () => {
    for (let count = 0; count < 50; count += 1) await fail('198.51.100.9', `user${count}@example.com`);

    expect(await fail('198.51.100.9', 'another@example.com')).toBe('rate_limited');
  });

  it('does not let a hundred guesses at once slip through', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => fail('198.51.100.9')));

    expect(answers.filter((code) => code === 'unauthenticated')).toHaveLength(5);
  });

  it('does not count what was no guess', async () => {
    const overloaded = { ...ports.passwords, verify: () => Promise.reject(new Error('busy')) };
    const busy = createUseCases({ ...ports, passwords: overloaded }, settings);
    for (let count = 0; count < 20; count += 1) await busy.signIn(home).catch(() => {});

    await expect(users.signIn(home)).resolves.toBeDefined();
  });
});

describe('refreshing a session', () => {
  let first: string;
  let id: string;

  beforeEach(async () => {
    ({ id } = await users.registerUser(ann));
    first = (await users.signIn(home)).refreshToken;
  });

  it('gives another refresh token each time', async () => {
    const second = (await users.refreshSession(first)).refreshToken;

    expect(second).not.toBe(first);
    expect((await users.refreshSession(second)).refreshToken).not.toBe(second);
  });

  it('gives the same successor again for ten seconds, to two at once as well', async () => {
    const [one, two] = await Promise.all([users.refreshSession(first), users.refreshSession(first)]);
    await clock.advance(graceMs);
    const again = await users.refreshSession(first);

    expect(new Set([one.refreshToken, two.refreshToken, again.refreshToken]).size).toBe(1);
  });

  it('ends the session when a used token comes later, for thief and owner', async () => {
    const second = (await users.refreshSession(first)).refreshToken;
    const [session] = await users.listSessions(id);
    await clock.advance(graceMs + 1);

    await expect(users.refreshSession(first)).rejects.toEqual(refusal('unauthenticated'));
    await expect(users.refreshSession(second)).rejects.toEqual(refusal('unauthenticated'));
    expect(isSessionRevoked(session?.id ?? '')).toBe(true);
  });

  it('is refused for an unknown token, a signed-out session and a closed account', async () => {
    await expect(users.refreshSession('unknown')).rejects.toEqual(refusal('unauthenticated'));

    const other = await users.signIn(home);
    await users.signOut.fromAll(id);
    await expect(users.refreshSession(other.refreshToken)).rejects.toEqual(refusal('unauthenticated'));

    const third = await users.signIn(home);
    await users.administerUser({ id, isActive: false, by: 'root' });
    await expect(users.refreshSession(third.refreshToken)).rejects.toEqual(refusal('unauthenticated'));
  });
});

describe('signing out', () => {
  it('ends one session of one own', async () => {
    const { id } = await users.registerUser(ann);
    const { refreshToken } = await users.signIn(home);
    const [session] = await users.listSessions(id);
    await users.signOut.fromOne(id, session?.id ?? '');

    expect(isSessionRevoked(session?.id ?? '')).toBe(true);
    await expect(users.refreshSession(refreshToken)).rejects.toEqual(refusal('unauthenticated'));
  });

  it('does not know the session of somebody else', async () => {
    const { id } = await users.registerUser(ann);
    const bob = await users.registerUser({ ...ann, email: 'bob@example.com' });
    await users.signIn(home);
    const [session] = await users.listSessions(id);

    await expect(users.signOut.fromOne(bob.id, session?.id ?? '')).rejects.toEqual(refusal('not_found'));
  });
});

describe('changing the password', () => {
  const change = { currentPassword: ann.password, password: 'five green lamps', address: '192.0.2.1' };

  it('ends every other session and lets this one go on', async () => {
    const { id } = await users.registerUser(ann);
    const mine = await users.signIn(home);
    const [session] = await users.listSessions(id);
    const other = await users.signIn(home);
    await users.changePassword({ ...change, id, sessionId: session?.id ?? '' });

    await expect(users.refreshSession(mine.refreshToken)).resolves.toBeDefined();
    await expect(users.refreshSession(other.refreshToken)).rejects.toEqual(refusal('unauthenticated'));
    await expect(users.signIn(home)).rejects.toEqual(refusal('unauthenticated'));
    await expect(users.signIn({ ...home, password: change.password })).resolves.toBeDefined();
  });

  it('is refused without the current one, and guessing it is throttled', async () => {
    const { id } = await users.registerUser(ann);
    const guess = { ...change, id, sessionId: 's', currentPassword: 'wrong' };
    for (let count = 0; count < 5; count += 1)
      await expect(users.changePassword(guess)).rejects.toEqual(refusal('validation_failed'));

    await expect(users.changePassword(guess)).rejects.toEqual(refusal('rate_limited'));
  });

  it('is refused for a password that is easy to guess', async () => {
    const { id } = await users.registerUser(ann);

    await expect(
      users.changePassword({ ...change, id, sessionId: 's', password: 'password1234' }),
    ).rejects.toEqual(refusal('validation_failed'));
  });
});

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
