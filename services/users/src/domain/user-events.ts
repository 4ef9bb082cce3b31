export type Role = 'user' | 'admin';

/**
 * What happened to an account, in the words of this service alone: the published events are made from these. `at` is ISO
 * 8601 UTC. `by` is the person who did it, left out when it was the owner or, on registration, the operator's setting.
 * Nothing here is secret; e-mail and names are erased when the account is deleted.
 */
export type UserEvent =
  | Readonly<{
      type: 'user-registered';
      email: string;
      firstName: string;
      lastName: string;
      role: Role;
      emailVerified: boolean;
      at: string;
    }>
  | Readonly<{ type: 'user-verified'; at: string; by?: string }>
  | Readonly<{ type: 'user-renamed'; firstName: string; lastName: string; at: string }>
  | Readonly<{ type: 'user-role-changed'; role: Role; at: string; by?: string }>
  | Readonly<{ type: 'user-deactivated'; at: string; by?: string }>
  | Readonly<{ type: 'user-reactivated'; at: string; by?: string }>
  | Readonly<{ type: 'user-password-changed'; at: string }>
  | Readonly<{ type: 'user-logged-in'; sessionId: string; at: string }>
  | Readonly<{ type: 'user-api-key-created'; apiKeyId: string; scopes: readonly string[]; at: string }>
  | Readonly<{ type: 'user-api-key-revoked'; apiKeyId: string; at: string }>
  | Readonly<{ type: 'user-deleted'; at: string }>;

const known: Readonly<Record<UserEvent['type'], true>> = {
  'user-registered': true,
  'user-verified': true,
  'user-renamed': true,
  'user-role-changed': true,
  'user-deactivated': true,
  'user-reactivated': true,
  'user-password-changed': true,
  'user-logged-in': true,
  'user-api-key-created': true,
  'user-api-key-revoked': true,
  'user-deleted': true,
};

/** Every type of event that an account can have; another one was written by a newer version of this service. */
export const userEventTypes: readonly string[] = Object.keys(known);
