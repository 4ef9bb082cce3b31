import { createCursor, moment, ok, pageQuery, pageReply, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { AdministerUser } from '../../application/commands/administer-user.ts';
import type { AuditEntry, PageOfUsers, PageRequest, UserFilter } from '../../application/ports.ts';
import type { UserView } from '../../application/queries/user-view.ts';
import { role, searchText, toUserReply, userReply } from './user-schemas.ts';

type Deps = Readonly<{
  getUser: (id: string) => Promise<UserView>;
  listUsers: (filter: UserFilter, page: PageRequest) => Promise<PageOfUsers>;
  administerUser: (command: AdministerUser) => Promise<void>;
  listAudit: (
    userId: string,
    page: Readonly<{ page: number; limit: number }>,
  ) => Promise<Readonly<{ items: readonly AuditEntry[]; total: number }>>;
  revocationHint: () => void;
}>;

const tag = 'Administration of users';
const cursors = createCursor(z.strictObject({ createdAt: moment, id: z.uuid() }));

const auditReply = z.object({
  id: z.string(),
  version: z.int(),
  action: z.string(),
  at: z.iso.datetime(),
  by: z.uuid().nullable(),
  correlationId: z.string().nullable(),
});

/** What was done, when, by whom (nobody: the owner), in which request; not to which name or address. */
const toAuditReply = ({ id, version, event, correlationId }: AuditEntry): z.output<typeof auditReply> => ({
  id,
  version,
  action: event.type,
  at: event.at,
  by: 'by' in event ? (event.by ?? null) : null,
  correlationId: correlationId ?? null,
});

export const administrationRoutes = (deps: Deps): readonly Route[] => {
  const one = async (id: string) => {
    const user = await deps.getUser(id);
    return ok(toUserReply(user), { version: user.version, view: 'full' });
  };

  return [
    route(
      'GET /api/users',
      {
        auth: 'admin',
        summary: 'Accounts, newest first',
        tag,
        query: z.strictObject({
          ...pageQuery,
          isActive: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
          createdAfter: moment.optional(),
          createdBefore: moment.optional(),
          q: searchText.optional(),
        }),
        responses: { 200: z.array(userReply) },
      },
      async ({ query: { page, limit, cursor, ...filter } }) => {
        const after = cursor === undefined ? undefined : cursors.decode(cursor);
        const { items, hasMore, ...counts } = await deps.listUsers(filter, { page, limit, after });
        const last = items.at(-1);
        const nextCursor =
          hasMore && last ? cursors.encode({ createdAt: last.createdAt, id: last.id }) : undefined;
        return pageReply({ items: items.map(toUserReply), ...counts, page, limit, nextCursor });
      },
    ),
    route(
      'GET /api/users/:id',
      { auth: 'admin', summary: 'One account', tag, responses: { 200: userReply } },
      ({ params }) => one(params.id),
    ),
    route(
      'PATCH /api/users/:id',
      {
        auth: 'admin',
        summary: 'Give another role; close or open an account',
        tag,
        body: z.strictObject({ role: role.optional(), isActive: z.boolean().optional() }),
        responses: { 200: userReply },
      },
      async ({ params, body, principal, ifMatch }) => {
        await deps.administerUser({ ...body, id: params.id, by: principal.id, ifVersion: ifMatch });
        deps.revocationHint();
        return one(params.id);
      },
    ),
    route(
      'GET /api/users/:id/audit',
      {
        auth: 'admin',
        summary: 'What happened to an account, newest first; deleted ones too',
        tag,
        query: z.strictObject({ page: pageQuery.page, limit: pageQuery.limit }),
        responses: { 200: z.array(auditReply) },
      },
      async ({ params, query }) => {
        const { items, total } = await deps.listAudit(params.id, query);
        return pageReply({ items: items.map(toAuditReply), total, ...query });
      },
    ),
  ];
};
