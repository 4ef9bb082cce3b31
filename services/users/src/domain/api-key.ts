import type { FieldError } from '@gatehouse/errors';
import { fault, type User } from './user.ts';
import { refuseFields } from './user-errors.ts';
import type { Role } from './user-events.ts';

/**
 * A secret by which a program acts for an account, with some of its rights and perhaps until a day. The key itself is known
 * to its owner alone. Times are ISO 8601 UTC.
 */
export type ApiKey = Readonly<{
  id: string;
  userId: string;
  name: string;
  /** `<resource>:<action>`, each of them held by the owner when the key was made. */
  scopes: readonly string[];
  createdAt: string;
  expiresAt?: string;
  /** To the minute or so. */
  lastUsedAt?: string;
}>;

export type WantedApiKey = Readonly<{
  name: string;
  scopes: readonly string[];
  expiresAt?: string | undefined;
}>;

/** What a role may do: `<resource>:<action>`. */
export type RoleHolds = (role: Role, scope: string) => boolean;

/** Keys of one account at a time. */
export const apiKeyLimit = 50;

/** What every key begins with, so that people and scanners of leaked secrets know one when they see it. */
export const apiKeyPrefix = 'ghk_';

/** How long an access token lasts that a key was exchanged for. */
export const apiKeyTokenSeconds = 60;

const longestName = 100;
const mostScopes = 32;
const scopeForm = /^[a-z][a-z-]{0,28}:(?:[a-z][a-z-]{0,28}|\*)$|^\*:\*$/;

/** The wish in its kept form; refuses with every field at fault. Nobody gives a key more than they may do themselves. */
export const parseWantedApiKey = (
  { name, scopes, expiresAt }: WantedApiKey,
  o: Readonly<{ role: Role; roleHolds: RoleHolds; nowMs: number }>,
): WantedApiKey => {
  const trimmed = name.trim();
  const unique = [...new Set(scopes)];
  const mayNot = (scope: string): boolean => !scopeForm.test(scope) || !o.roleHolds(o.role, scope);
  const faults: readonly FieldError[] = [
    ...fault('/name', trimmed === '' ? 'Give it a name that says what it is for.' : undefined),
    ...fault('/name', trimmed.length > longestName ? `At most ${longestName} characters.` : undefined),
    ...fault('/scopes', scopes.length === 0 ? 'Name at least one scope.' : undefined),
    ...fault('/scopes', scopes.length > mostScopes ? `At most ${mostScopes} scopes.` : undefined),
    ...scopes.flatMap((scope, at) =>
      fault(`/scopes/${at}`, mayNot(scope) ? 'There is no such scope, or you do not have it.' : undefined),
    ),
    ...fault('/expiresAt', isPast(expiresAt, o.nowMs) ? 'Lies in the past.' : undefined),
  ];
  refuseFields(faults);
  return { name: trimmed, scopes: unique, expiresAt };
};

const isPast = (moment: string | undefined, nowMs: number): boolean =>
  moment !== undefined && Date.parse(moment) <= nowMs;

/**
 * What a token says that is made for a key: of its scopes those that the owner has today. The role of an administrator comes
 * with a key for everything alone: else a key that may read posts could do all that only asks for the role.
 */
export const rightsOf = (
  key: ApiKey,
  { role }: User,
  roleHolds: RoleHolds,
): Readonly<{ role: Role; scopes: readonly string[] }> => {
  const scopes = key.scopes.filter((scope) => roleHolds(role, scope));
  return { role: scopes.includes('*:*') ? role : 'user', scopes };
};

/** Seconds that a token for the key may last: never beyond the key. 0 or less: the key has ended. */
export const secondsLeft = ({ expiresAt }: ApiKey, nowMs: number): number =>
  expiresAt === undefined
    ? apiKeyTokenSeconds
    : Math.min(apiKeyTokenSeconds, Math.floor(Date.parse(expiresAt) / 1000) - Math.floor(nowMs / 1000));
