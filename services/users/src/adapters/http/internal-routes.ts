import type { RevocationPage } from '@gatehouse/auth';
import { bareDocument, ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { KeptMail } from '../postgres/postgres-mail.ts';
import type { KeyRing } from '../tokens/key-ring.ts';
import { emailText } from './user-schemas.ts';

type Deps = Readonly<{
  keyRing: KeyRing;
  listRevocations: (since?: string) => Promise<RevocationPage>;
  listMails: (to?: string) => Promise<readonly KeptMail[]>;
}>;

/** For the other parts of Gatehouse; the key set for anyone. */
export const internalRoutes = ({ keyRing, listRevocations, listMails }: Deps): readonly Route[] => [
  route(
    'GET /.well-known/jwks.json',
    {
      auth: 'none',
      summary: 'The public keys that access tokens are signed with (RFC 7517)',
      tag: 'Sessions',
    },
    async () =>
      bareDocument(await keyRing.publicKeys(), { headers: { 'Cache-Control': 'public, max-age=60' } }),
  ),
  route(
    'GET /internal/revocations',
    {
      auth: 'service',
      summary: 'What was revoked after the cursor; without one, all that still counts',
      query: z.strictObject({
        since: z
          .string()
          .regex(/^\d{1,18}$/)
          .optional(),
      }),
    },
    async ({ query }) => ok(await listRevocations(query.since)),
  ),
  route(
    'POST /internal/keys/rotate',
    {
      auth: 'service',
      summary: 'A new signing key takes over once everyone has it; asked again before, the same one',
    },
    async () => {
      const { kid, signsFrom } = await keyRing.rotate();
      return ok({ kid, signsFrom });
    },
  ),
  route(
    'GET /internal/mailbox',
    {
      auth: 'service',
      summary: 'Mails that were kept instead of sent, newest first',
      query: z.strictObject({ to: emailText.optional() }),
    },
    async ({ query }) => ok(await listMails(query.to?.trim().toLowerCase())),
  ),
];
