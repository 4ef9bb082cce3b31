import { noContent, ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { Session } from '../../domain/session.ts';
import { userError } from '../../domain/user-errors.ts';

type Deps = Readonly<{
  listSessions: (userId: string) => Promise<readonly Session[]>;
  signOut: Readonly<{
    fromOne(userId: string, sessionId: string): Promise<void>;
    fromAll(userId: string): Promise<void>;
  }>;
  revocationHint: () => void;
}>;

const tag = 'Sessions';

const sessionReply = z.object({
  id: z.uuid(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  isCurrent: z.boolean(),
});

const toReply = (session: Session, currentId: string): z.output<typeof sessionReply> => ({
  id: session.id,
  createdAt: session.createdAt,
  lastUsedAt: session.lastUsedAt,
  expiresAt: session.expiresAt,
  address: session.address ?? null,
  userAgent: session.userAgent ?? null,
  isCurrent: session.id === currentId,
});

export const sessionRoutes = ({ listSessions, signOut, revocationHint }: Deps): readonly Route[] => [
  route(
    'GET /api/users/me/sessions',
    {
      auth: 'required',
      permission: 'sessions:read',
      summary: 'Where the account is signed in',
      tag,
      responses: { 200: z.array(sessionReply) },
    },
    async ({ principal }) => {
      const sessions = await listSessions(principal.id);
      return ok(sessions.map((session) => toReply(session, principal.sessionId)));
    },
  ),
  route(
    'GET /api/users/me/sessions/:id',
    {
      auth: 'required',
      permission: 'sessions:read',
      summary: 'One session of the account',
      tag,
      responses: { 200: sessionReply },
    },
    async ({ principal, params }) => {
      const session = (await listSessions(principal.id)).find(({ id }) => id === params.id);
      if (session === undefined) throw userError('not_found');
      return ok(toReply(session, principal.sessionId));
    },
  ),
  route(
    'DELETE /api/users/me/sessions/:id',
    { auth: 'required', permission: 'sessions:delete', summary: 'End one session', tag },
    async ({ principal, params }) => {
      await signOut.fromOne(principal.id, params.id);
      revocationHint();
      return noContent();
    },
  ),
  route(
    'DELETE /api/users/me/sessions',
    { auth: 'required', permission: 'sessions:delete', summary: 'End every session, this one too', tag },
    async ({ principal }) => {
      await signOut.fromAll(principal.id);
      revocationHint();
      return noContent();
    },
  ),
];
