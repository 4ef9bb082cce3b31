import { describe, expect, it } from 'vitest';
import {
  changeRole,
  deactivateUser,
  parseCandidate,
  reactivateUser,
  registerUser,
  renameUser,
  statusOf,
  verifyUser,
} from './user.ts';

const at = '2026-01-01T00:00:00.500Z';
const registration = {
  id: 'u1',
  email: 'ann@example.com',
  firstName: 'Ann',
  lastName: 'Miller',
  passwordHash: 'h',
  at,
};
const ann = registerUser(registration).user;
const refusals = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('registering', () => {
  it('makes an account whose address is still to be proved', () => {
    const { user, events } = registerUser(registration);

    expect(user).toMatchObject({ role: 'user', emailVerified: false, isActive: true, version: 1 });
    expect(statusOf(user)).toBe('pending_verification');
    expect(events).toEqual([
      {
        type: 'user-registered',
        email: 'ann@example.com',
        firstName: 'Ann',
        lastName: 'Miller',
        role: 'user',
        emailVerified: false,
        at,
      },
    ]);
  });

  it('takes the address and the names in one form', () => {
    const candidate = {
      email: ' Ann@Example.COM ',
      password: 'p',
      firstName: ' Ann  Marie ',
      lastName: 'Miller',
    };

    expect(parseCandidate(candidate, () => undefined)).toMatchObject({
      email: 'ann@example.com',
      firstName: 'Ann Marie',
    });
  });

  it('refuses with every field at fault at once', () => {
    const candidate = { email: 'ann', password: 'p', firstName: '  ', lastName: 'x\u0000' };

    expect(refusals(() => parseCandidate(candidate, () => 'Too short.'))).toMatchObject({
      code: 'validation_failed',
      details: {
        errors: [{ path: '/email' }, { path: '/password' }, { path: '/firstName' }, { path: '/lastName' }],
      },
    });
  });

  it.each([
    'a@b',
    '@example.com',
    'ann@',
    'a b@example.com',
    'ann@exa_mple.com',
    'ann@example.com.',
    'a..b@example.com',
    'ann@127.0.0.1',
    `${'a'.repeat(65)}@example.com`,
  ])('refuses %s as an address', (email) => {
    const candidate = { email, password: 'p', firstName: 'A', lastName: 'B' };

    expect(refusals(() => parseCandidate(candidate, () => undefined))).toMatchObject({
      code: 'validation_failed',
    });
  });
});

describe('verifying an address', () => {
  it('makes the account active', () => {
    const { user, events } = verifyUser(ann, at);

    expect(statusOf(user)).toBe('active');
    expect(events).toEqual([{ type: 'user-verified', at }]);
  });

  it('says nothing when it is verified already', () =>
    expect(verifyUser(verifyUser(ann, at).user, at).events).toEqual([]));
});

describe('renaming', () => {
  it('changes one part and keeps the other', () =>
    expect(renameUser(ann, { lastName: 'Moss' }, at).events).toEqual([
      { type: 'user-renamed', firstName: 'Ann', lastName: 'Moss', at },
    ]));

  it('says nothing when the name stays', () =>
    expect(renameUser(ann, { firstName: ' Ann ' }, at).events).toEqual([]));

  it('refuses an empty name', () =>
    expect(refusals(() => renameUser(ann, { firstName: '' }, at))).toMatchObject({
      code: 'validation_failed',
    }));
});

describe('another role', () => {
  it('puts every token out that was issued up to now', () => {
    const { user, events } = changeRole(ann, 'admin', { at, by: 'root' });

    expect(user).toMatchObject({ role: 'admin', tokensNotBefore: (Date.parse(at) + 1) / 1000 });
    expect(events).toEqual([{ type: 'user-role-changed', role: 'admin', at, by: 'root' }]);
  });

  it('says nothing when it is the same', () => expect(changeRole(ann, 'user', { at }).events).toEqual([]));
});

describe('closing an account', () => {
  it('keeps in mind whether the address was proved', () => {
    const closed = deactivateUser(verifyUser(ann, at).user, { at }).user;

    expect(statusOf(closed)).toBe('deactivated');
    expect(statusOf(reactivateUser(closed, { at }).user)).toBe('active');
  });

  it('says nothing when it is closed already', () =>
    expect(deactivateUser(deactivateUser(ann, { at }).user, { at }).events).toEqual([]));
});
