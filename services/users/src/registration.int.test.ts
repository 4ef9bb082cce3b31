import { CommentCreated, OrderConfirmed } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ann, startUsersForTests, type UsersForTests } from './users-for-tests.ts';

let users: UsersForTests;
beforeAll(async () => {
  users = await startUsersForTests('users registration');
});
afterAll(() => users.stop());

const uuid = '01900000-0000-7000-8000-000000000001';

describe('registering over HTTP', () => {
  it('answers with the account, announces it and mails a link that verifies it', async () => {
    const { status, data, headers } = await users.register();

    expect(status).toBe(201);
    expect(data).toEqual({
      ...{
        id: expect.any(String),
        email: ann.email,
        firstName: 'Ann',
        lastName: 'Miller',
        fullName: 'Ann Miller',
      },
      ...{ role: 'user', status: 'pending_verification', isActive: true },
      ...{ createdAt: expect.any(String), lastLoginAt: null },
    });
    expect(headers.get('etag')).toBe('"1-full"');

    const token = await users.mailedToken(ann.email);
    expect((await users.request('POST', '/api/users/verify', { body: { token } })).data).toMatchObject({
      id: data.id,
      status: 'active',
    });
    const again = await users.request('POST', '/api/users/verify', { body: { token } });
    expect([again.status, again.json.code]).toEqual([422, 'invalid_token']);

    const mine = (await users.announced())
      .filter(({ subject }) => subject === data.id)
      .map(({ type }) => type);
    expect(mine).toEqual(['gatehouse.user.registered.v1', 'gatehouse.user.verified.v1']);
  });

  it('refuses a taken address', async () => {
    const { status, json } = await users.register({ email: 'ANN@example.com' });

    expect([status, json.code]).toEqual([409, 'email_taken']);
  });

  it('names every field at fault', async () => {
    const { status, json } = await users.register({ email: 'ann', password: 'password1234', firstName: '' });

    expect([status, json.code]).toEqual([422, 'validation_failed']);
    expect(json.errors.map(({ path }: { path: string }) => path)).toEqual([
      '/email',
      '/password',
      '/firstName',
    ]);
  });

  it.each([{ role: 'admin' }, { status: 'active' }, { isActive: true }, { emailVerified: true }])(
    'takes nothing that a client may not say: %o',
    async (extra) => {
      const body = { ...ann, email: 'bob@example.com', ...extra };
      const { status, json } = await users.request('POST', '/api/users', { body });

      expect([status, json.errors?.[0].path]).toEqual([422, `/${Object.keys(extra)[0]}`]);
    },
  );

  it.each([
    ['/api/users', { ...ann, firstName: 'A\u0000' }],
    ['/api/users', { ...ann, lastName: '\ud800' }],
    ['/api/users', { ...ann, email: 'a\u0000@example.com' }],
    ['/api/users', { ...ann, password: ['four red lamps'] }],
    ['/api/users/verify/resend', { email: 'a\u0000@example.com' }],
    ['/api/auth/login', { email: 'a\u0000@example.com', password: 'x' }],
    ['/api/auth/login', { email: ann.email, password: 'x'.repeat(600) }],
    ['/api/auth/refresh', { refreshToken: '' }],
  ])('refuses at %s what cannot be kept: %o', async (path, body) =>
    expect((await users.request('POST', path, { body })).status).toBe(422),
  );

  it('makes one account of many registrations at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => users.register({ email: 'race@example.com' })),
    );

    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it('answers alike, whether or not there is such an account, to a wish for another mail', async () => {
    const resend = (email: string) => users.request('POST', '/api/users/verify/resend', { body: { email } });
    const answers = [await resend('nobody@example.com'), await resend(ann.email)];

    expect(answers.map(({ status, data }) => [status, data])).toEqual([
      [202, {}],
      [202, {}],
    ]);
  });
});

describe('what happened in other services', () => {
  it('is told by mail', async () => {
    const { data } = await users.register({ email: 'carol@example.com' });
    const totalAmount = { amount: 1999, currency: 'EUR' };
    const confirmedAt = '2026-01-01T00:00:00.000Z';
    await users.announce(OrderConfirmed, { orderId: uuid, customerId: data.id, totalAmount, confirmedAt });
    const comment = { commentId: uuid, postId: uuid, postAuthorId: data.id, authorId: uuid } as const;
    await users.announce(CommentCreated, { ...comment, status: 'pending', excerpt: 'Well said.' });

    const mails = await users.mailsTo('carol@example.com');
    // Messages of different subjects are worked on side by side: no order is promised between them.
    expect(mails.map(({ subject }: { subject: string }) => subject).sort()).toEqual([
      'A new comment on your post',
      'Welcome to Gatehouse: confirm your address',
      'Your order is confirmed',
    ]);
    expect(Object.keys(mails[0]).sort()).toEqual(['createdAt', 'html', 'links', 'subject', 'text', 'to']);
  });
});

describe('what is secret', () => {
  it('is in no event and in no log line', async () => {
    await users.register({ email: 'dora@example.com' });
    const token = await users.mailedToken('dora@example.com');
    const tokens = await users.signIn({ ...ann, email: 'dora@example.com' });
    await users.request('POST', '/api/auth/refresh', { body: { refreshToken: tokens.refreshToken } });
    const said = JSON.stringify([await users.announced(), users.logger.lines]);

    for (const secret of [token, ann.password, tokens.accessToken, tokens.refreshToken, 'argon2id'])
      expect(said).not.toContain(secret);
  });
});
