import type { KeyObject } from 'node:crypto';
import type { Clock } from '@gatehouse/resilience';
import type { CryptoKey, JWK } from 'jose';
import type { Principal, Role, ServicePrincipal } from './principal.ts';

export type JwkSet = { readonly keys: readonly JWK[] };
export type SigningKey = Readonly<{ kid: string; privateJwk: JWK; publicJwk: JWK }>;
export declare const generateSigningKey: () => Promise<SigningKey>;
export type AccessTokenClaims = Readonly<{ sub: string; role: Role; scope: string; email_verified: boolean; sid: string }>;
export type TokenSigner = Readonly<{ sign(claims: AccessTokenClaims, lifetimeSeconds?: number): Promise<string> }>;
export declare const createTokenSigner: (o: {
  issuer: string;
  audience: string;
  clock: Clock;
  currentKey: () => Promise<SigningKey>;
}) => TokenSigner;
export type KeySourceStatus = Readonly<{ keys: readonly string[]; readAt?: string; failing: boolean }>;
export type KeySource = Readonly<{
  find(kid: string): Promise<CryptoKey | KeyObject | undefined>;
  ready(): boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): KeySourceStatus;
}>;
export declare const createRemoteKeys: (o: {
  fetchKeys: () => Promise<JwkSet>;
  clock: Clock;
  refreshMs?: number;
  unknownKidMs?: number;
  onError?: (error: unknown) => void;
}) => KeySource;
export type Revocation = Readonly<{ sid?: string; sub?: string; notBefore?: number; until: number }>;
export type RevocationPage = Readonly<{ revocations: readonly Revocation[]; cursor: string }>;
export type RevocationStatus = Readonly<{ size: number; readAt?: string; failing: boolean }>;
export type RevocationList = Readonly<{
  start(): Promise<void>;
  stop(): Promise<void>;
  isRevoked(token: Readonly<{ sid: string; sub: string; iat: number }>): boolean;
  hint(): void;
  status(): RevocationStatus;
}>;
export declare const createRevocationList: (o: {
  fetchSince: (cursor: string | undefined) => Promise<RevocationPage>;
  clock: Clock;
  everyMs?: number;
  limit?: number;
  onError?: (error: unknown) => void;
}) => RevocationList;
export type TokenVerifier = Readonly<{ verify(token: string): Principal | Promise<Principal> }>;
export declare const createTokenVerifier: (o: {
  keys: KeySource;
  revocations: RevocationList;
  issuer: string;
  audience: string;
  clock: Clock;
  cacheSize?: number;
}) => TokenVerifier;
export type ServiceTokens = Readonly<{
  issue(service: string): string | Promise<string>;
  verify(token: string): Promise<ServicePrincipal>;
}>;
export declare const createServiceTokens: (o: { secret: string; clock: Clock }) => ServiceTokens;
export declare const parseBearer: (header: string | undefined) => string | undefined;
