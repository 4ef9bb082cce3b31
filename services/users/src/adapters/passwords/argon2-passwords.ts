import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { createBulkhead } from '@gatehouse/resilience';
import type { Passwords } from '../../application/ports.ts';
import { normalisePassword } from '../../domain/password-policy.ts';

/** OWASP's second recommendation: 19 MiB, two passes, one lane; about 13 ms. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };

/** Beyond it nothing is hashed: no account has such a password, and the work that a stranger can ask for is bounded. */
const longestMessageBytes = 1_024;

const phc =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

type Parsed = Readonly<{ memory: number; passes: number; parallelism: number; nonce: Buffer; tag: Buffer }>;

/**
 * argon2id by Node's own crypto, kept as a PHC string. Two at a time, so that sign-ins never take every core and at most 38
 * MiB; 64 more wait, at most 3 s; whoever comes then hears `overloaded` at once.
 */
export const createArgon2Passwords = (): Passwords => {
  const bulkhead = createBulkhead({ name: 'passwords', limit: 2, queueLimit: 64, queueTimeoutMs: 3_000 });
  const derive = promisify(argon2);
  const nobody: Parsed = { ...cost, nonce: randomBytes(16), tag: randomBytes(cost.tagLength) };

  const digest = (password: string, { memory, passes, parallelism, nonce, tag }: Parsed): Promise<Buffer> => {
    const message = Buffer.from(normalisePassword(password)).subarray(0, longestMessageBytes);
    const parameters = { message, nonce, memory, passes, parallelism, tagLength: tag.length };
    return bulkhead.run(() => derive('argon2id', parameters));
  };

  return {
    async hash(password) {
      const nonce = randomBytes(16);
      const tag = await digest(password, { ...cost, nonce, tag: Buffer.alloc(cost.tagLength) });
      const { memory, passes, parallelism } = cost;
      return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${bare64(nonce)}$${bare64(tag)}`;
    },
    async verify(password, hash) {
      const parsed = hash === undefined ? undefined : parse(hash);
      const expected = parsed ?? nobody;
      const isEqual = timingSafeEqual(await digest(password, expected), expected.tag);
      return (
        isEqual &&
        parsed !== undefined &&
        Buffer.byteLength(normalisePassword(password)) <= longestMessageBytes
      );
    },
  };
};

const parse = (text: string): Parsed | undefined => {
  const [, memory, passes, parallelism, nonce, tag] = phc.exec(text) ?? [];
  if (nonce === undefined || tag === undefined) return undefined;
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    nonce: Buffer.from(nonce, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
};

/** PHC strings have no padding. */
const bare64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
