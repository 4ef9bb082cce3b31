import type { FieldError } from '@gatehouse/errors';
import { emailFault, normaliseEmail } from './email.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { nameFault, normaliseName } from './person-name.ts';
import { refuseFields } from './user-errors.ts';
import type { Role, UserEvent } from './user-events.ts';

/**
 * An account. `status` follows from two facts, so that closing and opening an account again forgets neither:
 * - `pending_verification`: registered, the address not proved; may sign in, but not do what needs a proved address
 * - `active`: the address is proved
 * - `deactivated`: closed by an administrator, whatever it was before; cannot sign in
 * A deleted account is none: only its tombstone is left.
 */
export type User = Readonly<{
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  passwordHash: string;
  role: Role;
  emailVerified: boolean;
  isActive: boolean;
  /** Seconds since the epoch, with milliseconds as a fraction: access tokens issued before it are out. */
  tokensNotBefore: number;
  createdAt: string;
  /** How many events the account's stream has. */
  version: number;
}>;

export type UserStatus = 'pending_verification' | 'active' | 'deactivated';

/** An account and what just happened to it: kept together, or not at all. */
export type UserChange = Readonly<{ user: User; events: readonly UserEvent[] }>;

export type Candidate = Readonly<{ email: string; password: string; firstName: string; lastName: string }>;

export const statusOf = (user: Readonly<{ isActive: boolean; emailVerified: boolean }>): UserStatus => {
  if (!user.isActive) return 'deactivated';
  return user.emailVerified ? 'active' : 'pending_verification';
};

/** A candidate with everything in its kept form; refuses with all fields at fault at once. */
export const parseCandidate = (candidate: Candidate, passwordFault: PasswordPolicy): Candidate => {
  const parsed = {
    email: normaliseEmail(candidate.email),
    password: candidate.password,
    firstName: normaliseName(candidate.firstName),
    lastName: normaliseName(candidate.lastName),
  };
  refuseFields([
    ...fault('/email', emailFault(parsed.email)),
    ...fault('/password', passwordFault(parsed.password, parsed)),
    ...fault('/firstName', nameFault(parsed.firstName)),
    ...fault('/lastName', nameFault(parsed.lastName)),
  ]);
  return parsed;
};

export const fault = (path: string, message: string | undefined): readonly FieldError[] =>
  message === undefined ? [] : [{ path, message }];

export type Registration = Readonly<
  Omit<Candidate, 'password'> & {
    id: string;
    passwordHash: string;
    role?: Role;
    emailVerified?: boolean;
    at: string;
  }
>;

export const registerUser = (registration: Registration): UserChange => {
  const {
    id,
    passwordHash,
    at,
    email,
    firstName,
    lastName,
    role = 'user',
    emailVerified = false,
  } = registration;
  const event: UserEvent = { type: 'user-registered', email, firstName, lastName, role, emailVerified, at };
  const facts = { id, email, firstName, lastName, passwordHash, role, emailVerified };
  return {
    user: { ...facts, isActive: true, tokensNotBefore: 0, createdAt: at, version: 1 },
    events: [event],
  };
};

export const verifyUser = (user: User, at: string): UserChange =>
  user.emailVerified
    ? unchanged(user)
    : changed(user, { emailVerified: true }, { type: 'user-verified', at });

export const renameUser = (
  user: User,
  names: Readonly<{ firstName?: string | undefined; lastName?: string | undefined }>,
  at: string,
): UserChange => {
  const firstName = normaliseName(names.firstName ?? user.firstName);
  const lastName = normaliseName(names.lastName ?? user.lastName);
  refuseFields([...fault('/firstName', nameFault(firstName)), ...fault('/lastName', nameFault(lastName))]);
  if (firstName === user.firstName && lastName === user.lastName) return unchanged(user);
  return changed(user, { firstName, lastName }, { type: 'user-renamed', firstName, lastName, at });
};

export type Act = Readonly<{ at: string; by?: string }>;

/** Tokens carry the role, so those with the former one go out. */
export const changeRole = (user: User, role: Role, act: Act): UserChange =>
  user.role === role
    ? unchanged(user)
    : changed(
        user,
        { role, tokensNotBefore: justAfter(act.at) },
        { type: 'user-role-changed', role, ...act },
      );

export const deactivateUser = (user: User, act: Act): UserChange =>
  user.isActive
    ? changed(
        user,
        { isActive: false, tokensNotBefore: justAfter(act.at) },
        { type: 'user-deactivated', ...act },
      )
    : unchanged(user);

export const reactivateUser = (user: User, act: Act): UserChange =>
  user.isActive ? unchanged(user) : changed(user, { isActive: true }, { type: 'user-reactivated', ...act });

export const changePassword = (user: User, passwordHash: string, at: string): UserChange =>
  changed(user, { passwordHash }, { type: 'user-password-changed', at });

export const signIn = (user: User, sessionId: string, at: string): UserChange =>
  changed(user, {}, { type: 'user-logged-in', sessionId, at });

export const createApiKey = (
  user: User,
  { id, scopes }: Readonly<{ id: string; scopes: readonly string[] }>,
  at: string,
): UserChange => changed(user, {}, { type: 'user-api-key-created', apiKeyId: id, scopes, at });

export const revokeApiKey = (user: User, apiKeyId: string, at: string): UserChange =>
  changed(user, {}, { type: 'user-api-key-revoked', apiKeyId, at });

export const deleteUser = (user: User, at: string): UserChange =>
  changed(user, { isActive: false, tokensNotBefore: justAfter(at) }, { type: 'user-deleted', at });

/** One change after another, as one. */
export const andThen = (change: UserChange, next: (user: User) => UserChange): UserChange => {
  const { user, events } = next(change.user);
  return { user, events: [...change.events, ...events] };
};

const changed = (user: User, facts: Partial<User>, event: UserEvent): UserChange => ({
  user: { ...user, ...facts, version: user.version + 1 },
  events: [event],
});

/** Already so: nothing to say. */
const unchanged = (user: User): UserChange => ({ user, events: [] });

/** The first moment at which a new token is none of the former ones; tokens tell milliseconds apart. */
const justAfter = (at: string): number => (Date.parse(at) + 1) / 1000;
