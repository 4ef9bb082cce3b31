import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Secrets } from '../../application/ports.ts';

/** Random tokens, their hashes, and AES-256-GCM under a key made from a token: what it seals, only its holder can read. */
export const randomSecrets: Secrets = {
  create: () => {
    const value = randomBytes(32).toString('base64url');
    return { value, hash: hashOf(value) };
  },
  hash: (value) => hashOf(value),
  seal: (value, key) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', keyFrom(key), nonce);
    return Buffer.concat([nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
      'base64url',
    );
  },
  unseal: (sealed, key) => {
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', keyFrom(key), bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8');
  },
};

const hashOf = (value: string): string => createHash('sha256').update(value).digest('base64url');

const keyFrom = (secret: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, '', 'gatehouse refresh successor', 32));
