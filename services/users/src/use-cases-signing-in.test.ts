import { beforeEach, describe, expect, it } from 'vitest';
import { sessionLimit } from './domain/session.ts';
import { createUseCases } from './use-cases.ts';
import { ann, home, settings, startUseCases } from './use-cases-for-tests.ts';

let { clock, ports, users, isSessionRevoked } = startUseCases();
beforeEach(() => {
  ({ clock, ports, users, isSessionRevoked } = startUseCases());
});

const refusal = (code: string) => expect.objectContaining({ code });

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
