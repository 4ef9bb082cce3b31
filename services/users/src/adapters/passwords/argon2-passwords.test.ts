import { describe, expect, it } from 'vitest';
import { createArgon2Passwords } from './argon2-passwords.ts';

describe('a hashed password', () => {
  it('is a PHC string of argon2id, another one each time', async () => {
    const passwords = createArgon2Passwords();
    const [first, second] = [await passwords.hash('four red lamps'), await passwords.hash('four red lamps')];

    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(second).not.toBe(first);
  });

  it('fits its own password alone, in whichever Unicode form it is typed', async () => {
    const passwords = createArgon2Passwords();
    const hash = await passwords.hash('cafe\u0301 am Fluss');

    expect(await passwords.verify('caf\u00e9 am Fluss', hash)).toBe(true);
    expect(await passwords.verify('cafe am Fluss', hash)).toBe(false);
  });

  it('is checked with the cost that it was made with', async () => {
    const passwords = createArgon2Passwords();
    const cheaper = (await passwords.hash('four red lamps')).replace('t=2', 't=1');

    expect(await passwords.verify('four red lamps', cheaper)).toBe(false);
  });

  it('is fitted by nothing when there is none, or none that can be read', async () => {
    const passwords = createArgon2Passwords();

    expect(await passwords.verify('four red lamps', undefined)).toBe(false);
    expect(await passwords.verify('four red lamps', 'plain:four red lamps')).toBe(false);
  });

  it('is not what an overloaded service gives: whoever does not fit in the queue hears it at once', async () => {
    const passwords = createArgon2Passwords();
    const answers = await Promise.allSettled(
      Array.from({ length: 80 }, () => passwords.verify('a', undefined)),
    );
    const refused = answers.filter(({ status }) => status === 'rejected');

    expect(refused.length).toBeGreaterThan(0);
    expect(refused).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ code: 'overloaded' }),
    });
  });
});
