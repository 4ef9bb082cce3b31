import type { Principal } from '@gatehouse/auth';
import { created, kitError, moment, noContent, ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { CreatedApiKey } from '../../application/commands/api-keys.ts';
import type { ApiKey, WantedApiKey } from '../../domain/api-key.ts';
import { nameText } from './user-schemas.ts';

type Deps = Readonly<{
  apiKeys: Readonly<{
    create(userId: string, wanted: WantedApiKey): Promise<CreatedApiKey>;
    list(userId: string): Promise<readonly ApiKey[]>;
    get(userId: string, id: string): Promise<ApiKey>;
    revoke(userId: string, id: string): Promise<void>;
  }>;
  revocationHint: () => void;
}>;

const tag = 'API keys';

const apiKeyReply = z.object({
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(z.string()),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable(),
});

const toReply = ({ id, name, scopes, createdAt, ...times }: ApiKey): z.output<typeof apiKeyReply> => ({
  ...{ id, name, createdAt },
  scopes: [...scopes],
  expiresAt: times.expiresAt ?? null,
  lastUsedAt: times.lastUsedAt ?? null,
});

const where = ({ id }: ApiKey) => ({ Location: `/api/users/me/api-keys/${id}` });

/** A key that leaks must not make others that outlive it, whatever its scopes. */
const requirePerson = ({ apiKeyId }: Principal): void => {
  if (apiKeyId !== undefined)
    throw kitError('forbidden', { message: 'API keys are looked after by people: sign in to do this.' });
};

export const apiKeyRoutes = ({ apiKeys, revocationHint }: Deps): readonly Route[] => [
  route(
    'POST /api/users/me/api-keys',
    {
      auth: 'required',
      permission: 'api-keys:create',
      summary: 'Make a key for a program (X-Api-Key); it is shown this once',
      tag,
      body: z.strictObject({
        name: nameText,
        scopes: z.array(z.string().max(64)).max(200),
        expiresAt: moment.optional(),
      }),
      responses: { 201: apiKeyReply.extend({ key: z.string() }) },
    },
    async ({ body, principal }) => {
      requirePerson(principal);
      const { apiKey, key } = await apiKeys.create(principal.id, body);
      return created(
        { ...toReply(apiKey), key },
        { headers: { ...where(apiKey), 'Cache-Control': 'no-store' } },
      );
    },
  ),
  route(
    'GET /api/users/me/api-keys',
    {
      auth: 'required',
      permission: 'api-keys:read',
      summary: 'The keys of the account, newest first, without the keys themselves',
      tag,
      responses: { 200: z.array(apiKeyReply) },
    },
    async ({ principal }) => {
      requirePerson(principal);
      return ok((await apiKeys.list(principal.id)).map(toReply));
    },
  ),
  route(
    'GET /api/users/me/api-keys/:id',
    {
      auth: 'required',
      permission: 'api-keys:read',
      summary: 'One key of the account, without the key itself',
      tag,
      responses: { 200: apiKeyReply },
    },
    async ({ principal, params }) => {
      requirePerson(principal);
      return ok(toReply(await apiKeys.get(principal.id, params.id)));
    },
  ),
  route(
    'DELETE /api/users/me/api-keys/:id',
    {
      auth: 'required',
      permission: 'api-keys:delete',
      summary: 'Take a key back; within 5 s it opens nothing any more',
      tag,
    },
    async ({ principal, params }) => {
      requirePerson(principal);
      await apiKeys.revoke(principal.id, params.id);
      revocationHint();
      return noContent();
    },
  ),
];
