import { beforeEach, describe, expect, it } from 'vitest';
import { ann, startUseCases } from './use-cases-for-tests.ts';

let { clock, ports, users, mailedToken, sendWelcome } = startUseCases();
beforeEach(() => {
  ({ clock, ports, users, mailedToken, sendWelcome } = startUseCases());
});

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
