import { beforeEach, describe, expect, it } from 'vitest';
import { graceMs } from './domain/session.ts';
import { ann, home, startUseCases } from './use-cases-for-tests.ts';

let { clock, users, isSessionRevoked } = startUseCases();
beforeEach(() => {
  ({ clock, users, isSessionRevoked } = startUseCases());
});

const refusal = (code: string) => expect.objectContaining({ code });

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
