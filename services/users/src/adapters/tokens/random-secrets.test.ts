import { describe, expect, it } from 'vitest';
import { randomSecrets } from './random-secrets.ts';

describe('a sealed successor', () => {
  it('is read with the token that it was sealed with, and with no other', () => {
    const [key, other, value] = [randomSecrets.create(), randomSecrets.create(), randomSecrets.create()];
    const sealed = randomSecrets.seal(value.value, key.value);

    expect(randomSecrets.unseal(sealed, key.value)).toBe(value.value);
    expect(() => randomSecrets.unseal(sealed, other.value)).toThrow();
    expect(() => randomSecrets.unseal(sealed, key.hash)).toThrow();
  });
});

describe('a secret', () => {
  it('has 256 bits and a hash that is always the same', () => {
    const secret = randomSecrets.create();

    expect(Buffer.from(secret.value, 'base64url')).toHaveLength(32);
    expect(randomSecrets.hash(secret.value)).toBe(secret.hash);
    expect(randomSecrets.create().value).not.toBe(secret.value);
  });
});
