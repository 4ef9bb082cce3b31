import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import type { JWK } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { ana, startVerifier } from './fixture/start-verifier.ts';
import { createServiceTokens } from './service-tokens.ts';
import { generateSigningKey, type SigningKey } from './signing-key.ts';

type Json = Record<string, unknown>;

const unauthenticated = expect.objectContaining({ code: 'unauthenticated', kind: 'unauthenticated' });
const strangerKey = await generateSigningKey();

let { clock, issue, key, keysAsked, nowSeconds, verify } = await startVerifier();
beforeEach(async () => {
  ({ clock, issue, key, keysAsked, nowSeconds, verify } = await startVerifier());
});

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const privateKeyOf = ({ privateJwk }: SigningKey): KeyObject =>
  createPrivateKey({ key: privateJwk as JWK & Record<string, string>, format: 'jwk' });

type Signer = (data: string) => Buffer;
const ed25519 =
  (signingKey: SigningKey): Signer =>
  (data) =>
    sign(null, Buffer.from(data), privateKeyOf(signingKey));

const goodHeader = (): Json => ({ alg: 'EdDSA', typ: 'at+jwt', kid: key.kid });
const goodClaims = (): Json => ({
  ...ana,
  iss: 'gatehouse',
  aud: 'gatehouse',
  iat: nowSeconds(),
  exp: nowSeconds() + 900,
});

const forge = (o: { header?: Json; claims?: unknown; by?: Signer; without?: string[] } = {}): string => {
  const header: Json = { ...goodHeader(), ...o.header };
  const claims =
    typeof o.claims === 'string' || Array.isArray(o.claims)
      ? o.claims
      : { ...goodClaims(), ...(o.claims as Json) };
  for (const name of o.without ?? []) {
    delete header[name];
    if (typeof claims === 'object') delete (claims as Json)[name];
  }
  const data = `${encode(header)}.${encode(claims)}`;
  return `${data}.${(o.by ?? ed25519(key))(data).toString('base64url')}`;
};

const hmac =
  (hash: string, secret: string | Buffer): Signer =>
  (data) =>
    createHmac(hash, secret).update(data).digest();
const publicKey = (): KeyObject => createPublicKey(privateKeyOf(key));
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** What RFC 8725 and RFC 9068 warn of, and what else came to mind. */
const forgeries: Readonly<Record<string, () => string | Promise<string>>> = {
  'no algorithm': () => forge({ header: { alg: 'none' }, by: () => Buffer.alloc(0) }),
  'no algorithm, with a signature': () => forge({ header: { alg: 'none' } }),
  'no algorithm, spelt otherwise': () => forge({ header: { alg: 'nOnE' } }),
  'no alg header': () => forge({ without: ['alg'] }),
  'HS256 keyed with the public key (raw)': () =>
    forge({ header: { alg: 'HS256' }, by: hmac('sha256', Buffer.from(key.publicJwk.x ?? '', 'base64url')) }),
  'HS256 keyed with the public key (PEM)': () =>
    forge({
      header: { alg: 'HS256' },
      by: hmac('sha256', publicKey().export({ type: 'spki', format: 'pem' })),
    }),
  'HS256 keyed with the public key (JWK)': () =>
    forge({ header: { alg: 'HS256' }, by: hmac('sha256', JSON.stringify(key.publicJwk)) }),
  'an HMAC that says EdDSA': () =>
    forge({ by: hmac('sha512', Buffer.from(key.publicJwk.x ?? '', 'base64url')) }),
  'RS256 under our kid': () =>
    forge({ header: { alg: 'RS256' }, by: (data) => sign('sha256', Buffer.from(data), rsa) }),
  'ES256 under our kid': () =>
    forge({
      header: { alg: 'ES256' },
      by: (data) => sign('sha256', Buffer.from(data), { key: ec, dsaEncoding: 'ieee-p1363' }),
    }),
  'the other name of our algorithm': () => forge({ header: { alg: 'Ed25519' } }),
  "a stranger's key under our kid": () => forge({ by: ed25519(strangerKey) }),
  "a stranger's key under its own kid": () =>
    forge({ header: { kid: strangerKey.kid }, by: ed25519(strangerKey) }),
  'its own key in the header (jwk)': () =>
    forge({ header: { jwk: strangerKey.publicJwk }, by: ed25519(strangerKey) }),
  'a key address in the header (jku)': () => forge({ header: { jku: 'https://evil.example/jwks.json' } }),
  'a certificate address in the header (x5u)': () => forge({ header: { x5u: 'https://evil.example/c.pem' } }),
  'a certificate in the header (x5c)': () => forge({ header: { x5c: ['AAAA'] } }),
  'a critical header that nobody knows': () => forge({ header: { crit: ['exp'], exp: 1 } }),
  'an unencoded payload (b64)': () => forge({ header: { crit: ['b64'], b64: false } }),
  'an empty crit': () => forge({ header: { crit: [] } }),
  'a compressed payload (zip)': () => forge({ header: { zip: 'DEF' } }),
  'no kid': () => forge({ without: ['kid'] }),
  'an empty kid': () => forge({ header: { kid: '' } }),
  'a kid that is a number': () => forge({ header: { kid: 1 } }),
  'a kid that is a list': () => forge({ header: { kid: [key.kid] } }),
  'a kid that is a path': () => forge({ header: { kid: '../../../../dev/null' } }),
  'a kid that is a member of every object': () => forge({ header: { kid: '__proto__' } }),
  'a kid that is too long': () => forge({ header: { kid: 'k'.repeat(129) } }),
  'another type': () => forge({ header: { typ: 'JWT' } }),
  'no type': () => forge({ without: ['typ'] }),
  'the type of a service token': () => forge({ header: { typ: 'gatehouse-service+jwt' } }),
  'another issuer': () => forge({ claims: { iss: 'evil' } }),
  'an issuer that begins like ours': () => forge({ claims: { iss: 'gatehouse.evil.example' } }),
  'a list of issuers': () => forge({ claims: { iss: ['gatehouse'] } }),
  'no issuer': () => forge({ without: ['iss'] }),
  'another audience': () => forge({ claims: { aud: 'gatehouse-internal' } }),
  'other audiences': () => forge({ claims: { aud: ['a', 'b'] } }),
  'no audience': () => forge({ without: ['aud'] }),
  'an expired token': () => forge({ claims: { exp: nowSeconds() - 1 } }),
  'a token that expires now': () => forge({ claims: { exp: nowSeconds() } }),
  'no end': () => forge({ without: ['exp'] }),
  'an end that is a text': () => forge({ claims: { exp: '9999999999' } }),
  'an end that is no number': () => forge({ claims: { exp: null } }),
  'a token that is not good yet': () => forge({ claims: { nbf: nowSeconds() + 1 } }),
  'a token from the future': () => forge({ claims: { iat: nowSeconds() + 61 } }),
  'no time of issue': () => forge({ without: ['iat'] }),
  'no subject': () => forge({ without: ['sub'] }),
  'an empty subject': () => forge({ claims: { sub: '' } }),
  'a subject that is an object': () => forge({ claims: { sub: { id: 'ana' } } }),
  'no session': () => forge({ without: ['sid'] }),
  'no role': () => forge({ without: ['role'] }),
  'a role that there is not': () => forge({ claims: { role: 'root' } }),
  'a scope that is a list': () => forge({ claims: { scope: ['*:*'] } }),
  'a verified address that is a text': () => forge({ claims: { email_verified: 'true' } }),
  'claims that are a list': () => forge({ claims: [] }),
  'claims that are no JSON': () => forge({ claims: 'no' }),
  'changed claims': async () => {
    const [header, , signature] = (await issue()).split('.');
    return `${header}.${encode({ ...goodClaims(), role: 'admin' })}.${signature}`;
  },
  'a changed header': async () => {
    const [, claims, signature] = (await issue()).split('.');
    return `${encode({ typ: 'at+jwt', alg: 'EdDSA', kid: key.kid })}.${claims}.${signature}`;
  },
  'a changed signature': async () => {
    const token = await issue();
    const at = token.lastIndexOf('.') + 10;
    return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
  },
  'a cut signature': async () => (await issue()).slice(0, -10),
  'no signature': async () => (await issue()).split('.').slice(0, 2).join('.'),
  'an empty signature': async () => `${(await issue()).split('.').slice(0, 2).join('.')}.`,
  'a signature of another token': async () => {
    const [header, claims] = (await issue({ role: 'admin' })).split('.');
    return `${header}.${claims}.${(await issue()).split('.')[2]}`;
  },
  'a signature of zeros': () => forge({ by: () => Buffer.alloc(64) }),
  'two signatures': async () => `${await issue()}.AAAA`,
  'an encrypted token': () => 'a.b.c.d.e',
  'blanks around it': async () => ` ${await issue()} `,
  'padding in it': async () => `${await issue()}=`,
  'a header that is no JSON': () => `${encode('no')}.${encode(goodClaims())}.AAAA`,
  'a header that is null': () => `${encode('null')}.${encode(goodClaims())}.AAAA`,
  'nothing at all': () => '',
  'something else': () => 'token',
  'a very long one': () => `a.${'b'.repeat(1_000_000)}.c`,
  'a good one that is too long': () => forge({ claims: { more: 'x'.repeat(4096) } }),
  'a service token': async () => createServiceTokens({ secret: 's'.repeat(32), clock }).issue('posts'),
};

describe('a token that is made by hand', () => {
  it('is good when nothing of it is forged', async () => {
    await expect(verify(forge())).resolves.toMatchObject({ id: 'ana' });
  });
});

describe('a forged token is refused', () => {
  it.each(Object.entries(forgeries))('%s', async (_, make) => {
    await expect(verify(await make())).rejects.toEqual(unauthenticated);
  });

  it('every time, for none is remembered', async () => {
    const token = forge({ by: ed25519(strangerKey) });
    await expect(verify(token)).rejects.toEqual(unauthenticated);
    await expect(verify(token)).rejects.toEqual(unauthenticated);

    expect(keysAsked()).toBe(2);
  });

  it('without asking for keys when it does not look like ours', async () => {
    for (const name of ['no algorithm', 'no kid', 'its own key in the header (jwk)', 'a very long one']) {
      await expect(verify((await forgeries[name]?.()) ?? '')).rejects.toEqual(unauthenticated);
    }

    expect(keysAsked()).toBe(0);
  });
});
