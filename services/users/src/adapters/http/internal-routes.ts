import type { RevocationPage } from '@gatehouse/auth';
import { bareDocument, ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { AccessToken } from '../../application/ports.ts';
import type { KeptMail } from '../postgres/postgres-mail.ts';
import type { ExportUsers } from '../postgres/postgres-user-export.ts';
import type { KeyRing } from '../tokens/key-ring.ts';
import { emailText, tokenText } from './user-schemas.ts';

type Deps = Readonly<{
  keyRing: KeyRing;
  listRevocations: (since?: string) => Promise<RevocationPage>;
  listMails: (to?: string) => Promise<readonly KeptMail[]>;
  exportUsers: ExportUsers;
  exchangeApiKey: (key: string) => Promise<AccessToken>;
}>;

/** Accounts of one answer. */
const longestExportPage = 500;

/** For the other parts of Gatehouse; the key set for anyone. */
export const internalRoutes = ({
  keyRing,
  listRevocations,
  listMails,
  exportUsers,
  exchangeApiKey,
}: Deps): readonly Route[] => [
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
    'POST /internal/api-keys/exchange',
    {
      auth: 'service',
      summary:
        'An access token of at most a minute for an API key; 422 invalid_token for one that is no good',
      body: z.strictObject({ key: tokenText }),
    },
    async ({ body }) => ok(await exchangeApiKey(body.key), { headers: { 'Cache-Control': 'no-store' } }),
  ),
  route(
    'GET /internal/users/export',
    {
      auth: 'service',
      summary: 'Every account as it is now, deleted ones too, in the order of their ids',
      query: z.strictObject({
        after: z.uuid().optional(),
        limit: z.coerce.number().int().min(1).max(longestExportPage).default(longestExportPage),
      }),
    },
    async ({ query: { after, limit } }) => {
      const { items, next } = await exportUsers({ after, limit });
      return ok(items, { meta: { nextCursor: next ?? null } });
    },
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
