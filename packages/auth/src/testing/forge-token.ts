import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { JWK } from 'jose';
import type { SigningKey } from '../signing-key.ts';

type Json = Readonly<Record<string, unknown>>;

/** The signature over `<header>.<claims>`. */
export type SignBytes = (data: string) => Buffer;

export type Forgery = Readonly<{
  /** Over those of a good token. */
  header?: Json;
  /** Over those of a good token; a text or a list stands in their place. */
  claims?: Json | string | readonly unknown[];
  /** Names left out of header and claims. */
  without?: readonly string[];
  /** Header or claims as they are to be written, whatever JSON would say. */
  headerText?: string;
  claimsText?: string;
  by?: SignBytes;
}>;

export type ForgeToken = (forgery?: Forgery) => string;

export const encodePart = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export const privateKeyOf = ({ privateJwk }: SigningKey): KeyObject =>
  createPrivateKey({ key: privateJwk as JWK & Record<string, string>, format: 'jwk' });

export const ed25519 =
  (key: SigningKey): SignBytes =>
  (data) =>
    sign(null, Buffer.from(data), privateKeyOf(key));

/** Makes tokens by hand: good ones unless something is forged. `claims` are those of a good one. */
export const createForgeToken =
  (o: Readonly<{ key: SigningKey; claims: () => Json }>): ForgeToken =>
  (forgery = {}) => {
    const without = (all: Json): Json =>
      Object.fromEntries(Object.entries(all).filter(([name]) => forgery.without?.includes(name) !== true));
    const header = without({ alg: 'EdDSA', typ: 'at+jwt', kid: o.key.kid, ...forgery.header });
    const { claims = {} } = forgery;
    const isWhole = typeof claims === 'string' || Array.isArray(claims);
    const said = isWhole ? claims : without({ ...o.claims(), ...(claims as Json) });
    const data = `${encodePart(forgery.headerText ?? header)}.${encodePart(forgery.claimsText ?? said)}`;
    return `${data}.${(forgery.by ?? ed25519(o.key))(data).toString('base64url')}`;
  };
