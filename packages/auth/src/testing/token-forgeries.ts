import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { Clock } from '@gatehouse/resilience';
import { createServiceTokens } from '../service-tokens.ts';
import type { SigningKey } from '../signing-key.ts';
import { createForgeToken, ed25519, encodePart, privateKeyOf, type SignBytes } from './forge-token.ts';

/** What a good token says besides issuer, audience and times. */
const holder = {
  sub: '01900000-0000-7000-8000-00000000a0a0',
  role: 'user',
  scope: 'posts:create orders:read',
  email_verified: true,
  sid: '01900000-0000-7000-8000-0000000051d0',
} as const;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const [p256, p384, p521, k256] = [ec('P-256'), ec('P-384'), ec('P-521'), ec('secp256k1')];
const ed448 = generateKeyPairSync('ed448').privateKey;

const hmac =
  (hash: string, secret: string | Buffer): SignBytes =>
  (data) =>
    createHmac(hash, secret).update(data).digest();
const ecdsa =
  (hash: string, key: typeof p256): SignBytes =>
  (data) =>
    sign(hash, Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' });

export type TokenForgeriesOptions = Readonly<{
  /** The key that good tokens are signed with. */
  key: SigningKey;
  /** Somebody else's. */
  stranger: SigningKey;
  clock: Clock;
}>;

type Forgeries = Readonly<Record<string, () => string | Promise<string>>>;

/**
 * Ways to forge an access token, as RFC 8725 and RFC 9068 warn of them and as came to mind: whoever checks tokens refuses
 * them all. Signed with the good key where it is only the content that is wrong. `good` is what they are made of.
 */
export const createTokenForgeries = ({ key, stranger, clock }: TokenForgeriesOptions) => {
  const now = (): number => clock.now() / 1000;
  const goodClaims = () => ({
    ...holder,
    ...{ iss: 'gatehouse', aud: 'gatehouse', iat: now(), exp: Math.floor(now()) + 900 },
  });
  const forge = createForgeToken({ key, claims: goodClaims });
  const byStranger = ed25519(stranger);
  const publicKey = createPublicKey(privateKeyOf(key));
  const rawPublicKey = Buffer.from(key.publicJwk.x ?? '', 'base64url');
  const parts = (token = forge()): string[] => token.split('.');
  const withSignature = (change: (signature: Buffer) => Buffer): string => {
    const [header, claims, signature = ''] = parts();
    return `${header}.${claims}.${change(Buffer.from(signature, 'base64url')).toString('base64url')}`;
  };

  const algorithms: Forgeries = {
    'no algorithm': () => forge({ header: { alg: 'none' }, by: () => Buffer.alloc(0) }),
    'no algorithm, with a signature': () => forge({ header: { alg: 'none' } }),
    'no algorithm, spelt otherwise': () => forge({ header: { alg: 'nOnE' } }),
    'no alg header': () => forge({ without: ['alg'] }),
    'an empty alg': () => forge({ header: { alg: '' } }),
    'a list of algorithms': () => forge({ header: { alg: ['EdDSA'] } }),
    'HS256 keyed with the public key (raw)': () =>
      forge({ header: { alg: 'HS256' }, by: hmac('sha256', rawPublicKey) }),
    'HS256 keyed with the public key (PEM)': () =>
      forge({
        header: { alg: 'HS256' },
        by: hmac('sha256', publicKey.export({ type: 'spki', format: 'pem' })),
      }),
    'HS256 keyed with the public key (DER)': () =>
      forge({
        header: { alg: 'HS256' },
        by: hmac('sha256', publicKey.export({ type: 'spki', format: 'der' })),
      }),
    'HS256 keyed with the public key (JWK)': () =>
      forge({ header: { alg: 'HS256' }, by: hmac('sha256', JSON.stringify(key.publicJwk)) }),
    'HS256 keyed with nothing': () => forge({ header: { alg: 'HS256' }, by: hmac('sha256', '') }),
    'HS512 keyed with the public key': () =>
      forge({ header: { alg: 'HS512' }, by: hmac('sha512', rawPublicKey) }),
    'an HMAC that says EdDSA': () => forge({ by: hmac('sha512', rawPublicKey) }),
    'RS256 under our kid': () =>
      forge({ header: { alg: 'RS256' }, by: (data) => sign('sha256', Buffer.from(data), rsa) }),
    'PS256 under our kid': () =>
      forge({ header: { alg: 'PS256' }, by: (data) => sign('sha256', Buffer.from(data), rsa) }),
    'ES256 under our kid': () => forge({ header: { alg: 'ES256' }, by: ecdsa('sha256', p256) }),
    'ES384 under our kid': () => forge({ header: { alg: 'ES384' }, by: ecdsa('sha384', p384) }),
    'ES512 under our kid': () => forge({ header: { alg: 'ES512' }, by: ecdsa('sha512', p521) }),
    'ES256K under our kid': () => forge({ header: { alg: 'ES256K' }, by: ecdsa('sha256', k256) }),
    'ES256 with a signature of zeros': () => forge({ header: { alg: 'ES256' }, by: () => Buffer.alloc(64) }),
    'another curve (Ed448) under our kid': () =>
      forge({ by: (data) => sign(null, Buffer.from(data), ed448) }),
    'another curve (P-256) that says EdDSA': () => forge({ by: ecdsa('sha256', p256) }),
    'the other name of our algorithm': () => forge({ header: { alg: 'Ed25519' } }),
    'our algorithm in lower case': () => forge({ header: { alg: 'eddsa' } }),
  };

  const keys: Forgeries = {
    "a stranger's key under our kid": () => forge({ by: byStranger }),
    "a stranger's key under its own kid": () => forge({ header: { kid: stranger.kid }, by: byStranger }),
    'its own key in the header (jwk)': () => forge({ header: { jwk: stranger.publicJwk }, by: byStranger }),
    'a key address in the header (jku)': () =>
      forge({ header: { jku: 'https://evil.example/jwks.json' }, by: byStranger }),
    'a certificate address in the header (x5u)': () =>
      forge({ header: { x5u: 'https://evil.example/c.pem' }, by: byStranger }),
    'a certificate in the header (x5c)': () => forge({ header: { x5c: ['AAAA'] }, by: byStranger }),
    'a thumbprint in the header (x5t)': () => forge({ header: { x5t: 'AAAA' } }),
    'a key address beside a good signature': () => forge({ header: { jku: 'http://169.254.169.254/' } }),
    'a critical header that nobody knows': () => forge({ header: { crit: ['exp'], exp: 1 } }),
    'an unencoded payload (b64)': () => forge({ header: { crit: ['b64'], b64: false } }),
    'an empty crit': () => forge({ header: { crit: [] } }),
    'a compressed payload (zip)': () => forge({ header: { zip: 'DEF' } }),
    'a token within the token (cty)': () => forge({ header: { cty: 'JWT' }, claims: forge() }),
    'no kid': () => forge({ without: ['kid'] }),
    'an empty kid': () => forge({ header: { kid: '' } }),
    'a kid that is a number': () => forge({ header: { kid: 1 } }),
    'a kid that is a list': () => forge({ header: { kid: [key.kid] } }),
    'a kid that is a path': () => forge({ header: { kid: '../../../../dev/null' } }),
    'a kid that is SQL': () => forge({ header: { kid: "x' union select 'AAAA' -- " } }),
    'a kid that is a command': () => forge({ header: { kid: '|/usr/bin/id' } }),
    'a kid that is an address': () => forge({ header: { kid: 'http://evil.example/key' } }),
    'a kid that is a member of every object': () => forge({ header: { kid: '__proto__' } }),
    'a kid that is too long': () => forge({ header: { kid: 'k'.repeat(129) } }),
    'a kid with a blank after it': () => forge({ header: { kid: `${key.kid} ` } }),
  };

  const kinds: Forgeries = {
    'another type': () => forge({ header: { typ: 'JWT' } }),
    'no type': () => forge({ without: ['typ'] }),
    'the type of a service token': () => forge({ header: { typ: 'gatehouse-service+jwt' } }),
    'a service token': () => createServiceTokens({ secret: 's'.repeat(32), clock }).issue('posts'),
    'another issuer': () => forge({ claims: { iss: 'evil' } }),
    'an issuer that begins like ours': () => forge({ claims: { iss: 'gatehouse.evil.example' } }),
    'a list of issuers': () => forge({ claims: { iss: ['gatehouse'] } }),
    'no issuer': () => forge({ without: ['iss'] }),
    'another audience': () => forge({ claims: { aud: 'gatehouse-internal' } }),
    'other audiences': () => forge({ claims: { aud: ['a', 'b'] } }),
    'a list of audiences with ours in it': () => forge({ claims: { aud: ['gatehouse', 'evil'] } }),
    'no audience': () => forge({ without: ['aud'] }),
    'an encrypted token': () => 'a.b.c.d.e',
    'an encrypted token (direct key)': () =>
      `${encodePart({ alg: 'dir', enc: 'A256GCM', kid: key.kid })}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`,
  };

  const times: Forgeries = {
    'an expired token': () => forge({ claims: { exp: now() - 1 } }),
    'a token that expires now': () => forge({ claims: { exp: now() } }),
    'an expired token of an API key': () =>
      forge({ claims: { api_key_id: holder.sid, sid: holder.sid, iat: now() - 61, exp: now() - 1 } }),
    'no end': () => forge({ without: ['exp'] }),
    'an end that is a text': () => forge({ claims: { exp: '9999999999' } }),
    'an end that is no number': () => forge({ claims: { exp: null } }),
    'an end before there was time': () => forge({ claims: { exp: -1 } }),
    'a token that is not good yet': () => forge({ claims: { nbf: now() + 60 } }),
    'a beginning that is a text': () => forge({ claims: { nbf: '0' } }),
    'a token from the future': () => forge({ claims: { iat: now() + 120 } }),
    'no time of issue': () => forge({ without: ['iat'] }),
    'a time of issue that is a text': () => forge({ claims: { iat: 'now' } }),
  };

  const claims: Forgeries = {
    'no subject': () => forge({ without: ['sub'] }),
    'an empty subject': () => forge({ claims: { sub: '' } }),
    'a subject that is an object': () => forge({ claims: { sub: { id: holder.sub } } }),
    'a subject that is no UUID': () => forge({ claims: { sub: 'ana' } }),
    'a subject that is SQL': () => forge({ claims: { sub: `${holder.sub}' or '1'='1` } }),
    'a subject with a line after it': () => forge({ claims: { sub: `${holder.sub}\nx-role: admin` } }),
    'no session': () => forge({ without: ['sid'] }),
    'a session that is a number': () => forge({ claims: { sid: 1 } }),
    'an API key that is a list': () => forge({ claims: { api_key_id: ['k'] } }),
    'no role': () => forge({ without: ['role'] }),
    'a role that there is not': () => forge({ claims: { role: 'root' } }),
    'a role of another case': () => forge({ claims: { role: 'ADMIN' } }),
    'a list of roles': () => forge({ claims: { role: ['user', 'admin'] } }),
    'a scope that is a list': () => forge({ claims: { scope: ['*:*'] } }),
    'no scope': () => forge({ without: ['scope'] }),
    'a verified address that is a text': () => forge({ claims: { email_verified: 'true' } }),
    'claims that are a list': () => forge({ claims: [] }),
    'claims that are no JSON': () => forge({ claims: 'no' }),
    'claims that are null': () => forge({ claims: 'null' }),
    'claims that are nested too deep': () => forge({ claims: `${'['.repeat(1400)}${']'.repeat(1400)}` }),
    'a claim that stands twice': () =>
      forge({ claimsText: JSON.stringify(goodClaims()).replace('"role":', '"role":"admin","role":') }),
    'a header that stands twice': () =>
      forge({ headerText: `{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"${key.kid}"}` }),
    'a header with blanks in it': () =>
      forge({ headerText: `{ "alg": "EdDSA", "typ": "at+jwt", "kid": "${key.kid}" }` }),
    'a header nested too deep': () => forge({ headerText: `${'['.repeat(1000)}${']'.repeat(1000)}` }),
    'a header that is no JSON': () => `${encodePart('no')}.${encodePart(goodClaims())}.AAAA`,
    'a header that is null': () => `${encodePart('null')}.${encodePart(goodClaims())}.AAAA`,
    'a header that is a text': () => `${encodePart('"EdDSA"')}.${encodePart(goodClaims())}.AAAA`,
  };

  const signatures: Forgeries = {
    'changed claims': () => {
      const [header, , signature] = parts();
      return `${header}.${encodePart({ ...goodClaims(), role: 'admin' })}.${signature}`;
    },
    'a changed header': () => {
      const [, said, signature] = parts();
      return `${encodePart({ typ: 'at+jwt', alg: 'EdDSA', kid: key.kid })}.${said}.${signature}`;
    },
    'a changed signature': () =>
      withSignature((bytes) => {
        bytes[7] = (bytes[7] ?? 0) ^ 1;
        return bytes;
      }),
    'a signature with other bits left over': () => leftOverBits(forge()),
    'a signature with the order of the curve added': () => withSignature(addOrder),
    'a signature of the neutral point': () =>
      withSignature(() => Buffer.concat([Buffer.from([1]), Buffer.alloc(63)])),
    'a cut signature': () => forge().slice(0, -10),
    'a longer signature': () => withSignature((bytes) => Buffer.concat([bytes, Buffer.from([0])])),
    'no signature': () => parts().slice(0, 2).join('.'),
    'an empty signature': () => `${parts().slice(0, 2).join('.')}.`,
    'a signature of another token': () => {
      const [header, said] = parts(forge({ claims: { role: 'admin' } }));
      return `${header}.${said}.${parts()[2]}`;
    },
    'a signature of zeros': () => forge({ by: () => Buffer.alloc(64) }),
    'two signatures': () => `${forge()}.AAAA`,
    'padding in it': () => `${forge()}=`,
    'the other alphabet of base64': () => `${forge().slice(0, -4)}+/+/`,
  };

  const noTokens: Forgeries = {
    'something else': () => 'token',
    'one dot': () => 'a.b',
    'dots alone': () => '..',
    'four dots': () => '....',
    'a very long one': () => `a.${'b'.repeat(5000)}.c`,
    'a good one that is too long': () => forge({ claims: { more: 'x'.repeat(4096) } }),
  };

  return {
    good: forge,
    holder,
    forgeries: {
      ...algorithms,
      ...keys,
      ...kinds,
      ...times,
      ...claims,
      ...signatures,
      ...noTokens,
    } satisfies Forgeries as Forgeries,
  };
};

/** 64 bytes leave four bits of the last character unused: another letter there spells the same bytes. */
const leftOverBits = (token: string): string => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + letters[letters.indexOf(token.at(-1) ?? '') + 1];
};

const order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;

/** S + L is the same number to who does not look (RFC 8032 §8.4). */
const addOrder = (signature: Buffer): Buffer => {
  const s = signature.subarray(32).toReversed();
  const next = (BigInt(`0x${Buffer.from(s).toString('hex')}`) + order).toString(16).padStart(64, '0');
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(next, 'hex').reverse()]);
};
