import { describe, expect, it } from 'vitest';
import { readCommonPasswords } from '../adapters/passwords/read-common-passwords.ts';
import { createPasswordPolicy } from './password-policy.ts';

const owner = { email: 'ann.miller@example.com', firstName: 'Ann', lastName: 'Miller' };
const passwordFault = createPasswordPolicy(readCommonPasswords());

describe('a new password', () => {
  it.each([
    'correct horse battery',
    'correct-horse-battery-9',
    'a-long-enough-password',
    'vier rote Lampen am Fluss',
    'kX9#mQ2$vL7w',
    'dragon-9x!q7Z2-lamp',
    'ünïcödé pässphräse',
    'administrator of nothing much',
  ])('%s is fine', (password) => expect(passwordFault(password, owner)).toBeUndefined());

  it.each(['elevenchars', ''])('is refused when it is short: "%s"', (password) =>
    expect(passwordFault(password, owner)).toBe('At least 12 characters.'),
  );

  it('is refused when it is longer than what is hashed', () =>
    expect(passwordFault('x'.repeat(129), owner)).toBe('At most 128 characters.'));

  it.each([
    'password1234',
    'PASSWORD1234',
    'P@ssw0rd1234',
    'password2024!',
    '!!dragon123456',
    'manchesterunited',
    'letmeinletmein',
    'qwertyuiop123',
    '1q2w3e4r5t6y',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    'abcdefghijkl',
    '987654321098',
    'qwertzuiopas',
    'abababababab1',
    '111122223333',
  ])('is refused when it is easy to guess: %s', (password) =>
    expect(passwordFault(password, owner)).toMatch(/^Too easy/),
  );

  it.each(['ann.miller2024', 'millermiller', 'xxMillerxx99', 'example-1234'])(
    'is refused when it is mostly the address or the name of its owner: %s',
    (password) => expect(passwordFault(password, owner)).toMatch(/^(Contains|Too easy)/),
  );

  it('counts the same letters in another Unicode form as the same', () =>
    expect(passwordFault('ｐａｓｓｗｏｒｄ１２３４', owner)).toMatch(/^Too easy/));
});
