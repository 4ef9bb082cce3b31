export type Role = 'user' | 'admin';

/** `<resource>:<action>`, e.g. `posts:create`; `*` stands for any. */
export type Permission = `${string}:${string}`;

/** A signed-in person, as the verified token says. Times are seconds since the epoch, with milliseconds as a fraction. */
export type Principal = Readonly<{
  kind: 'user';
  id: string;
  role: Role;
  permissions: ReadonlySet<string>;
  emailVerified: boolean;
  /** What a revocation names: the session, or the API key that the token was made for. */
  sessionId: string;
  /** Set when a program calls with an API key of that person; its permissions are the key's then. */
  apiKeyId?: string | undefined;
  issuedAt: number;
  expiresAt: number;
}>;

/** One of our own services, as its service token says. */
export type ServicePrincipal = Readonly<{ kind: 'service'; name: string }>;
