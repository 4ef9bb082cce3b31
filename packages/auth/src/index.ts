export { authError } from './auth-error.ts';
export type { KeySource, KeySourceStatus } from './key-source.ts';
export { parseBearer } from './parse-bearer.ts';
export { can, holds, permissionsOf } from './permissions.ts';
export type { Permission, Principal, Role, ServicePrincipal } from './principal.ts';
export { createRecentlyUsed, type RecentlyUsed } from './recently-used.ts';
export { createRemoteKeys, type RemoteKeysOptions } from './remote-keys.ts';
export {
  createRevocationList,
  type RevocationList,
  type RevocationListOptions,
  type RevocationPage,
  type RevocationStatus,
} from './revocation-list.ts';
export type { Revocation, TokenFacts } from './revoked-tokens.ts';
export { createServiceTokens, type ServiceTokens, type ServiceTokensOptions } from './service-tokens.ts';
export { generateSigningKey, type JwkSet, type SigningKey } from './signing-key.ts';
export {
  type AccessTokenClaims,
  createTokenSigner,
  type TokenSigner,
  type TokenSignerOptions,
} from './token-signer.ts';
export { createTokenVerifier, type TokenVerifier, type TokenVerifierOptions } from './token-verifier.ts';
