import { accepted, filterText, noContent, ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { AskServices } from './ask-services.ts';

const name = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/);
const params = z.strictObject({ name });
const parkedParams = z.strictObject({ name, id: z.uuid() });
const dryRun = z.enum(['true', 'false', '']).optional();
const filter = {
  type: filterText.optional(),
  error: filterText.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
};

type Status = Readonly<{ projections: readonly object[] }>;
const tag = { auth: 'admin', tag: 'admin' } as const;

/** Read models of every service; one is found by its name, whoever has it. */
export const projectionRoutes = ({ all, owner }: AskServices): readonly Route[] => [
  route('GET /admin/projections', { ...tag, summary: 'How far every read model is' }, async () => {
    const { answers, unavailable } = await all<Status>({ path: '/internal/status' });
    const rows = answers.flatMap(({ service, data }) =>
      data.projections.map((projection) => ({ service, ...projection })),
    );
    return ok(rows, { meta: { unavailable } });
  }),
  route(
    'GET /admin/projections/:name',
    { ...tag, summary: 'How far one is: position, lag, stalled by, and its rebuild with progress', params },
    async ({ params }) => ok(await owner({ path: `/internal/projections/${params.name}` })),
  ),
  route(
    'POST /admin/projections/:name/rebuild',
    {
      ...tag,
      summary: 'Make a read model anew, from the first event, while the live one is read and written',
      params,
    },
    async ({ params }) =>
      accepted(await owner({ method: 'POST', path: `/internal/projections/${params.name}/rebuild` })),
  ),
  route(
    'DELETE /admin/projections/:name/rebuild',
    { ...tag, summary: 'Give up the rebuild that is being made, or failed', params },
    async ({ params }) => {
      await owner({ method: 'DELETE', path: `/internal/projections/${params.name}/rebuild` });
      return noContent();
    },
  ),
  route(
    'POST /admin/projections/:name/revert',
    { ...tag, summary: 'Put back what the last rebuild replaced; for a day, there and back', params },
    async ({ params }) =>
      accepted(await owner({ method: 'POST', path: `/internal/projections/${params.name}/revert` })),
  ),
  route(
    'GET /admin/projections/:name/parked',
    {
      ...tag,
      summary: 'Events that a read model could not apply, newest first',
      params,
      query: z.strictObject(filter),
    },
    async ({ params, query }) =>
      ok(await owner({ path: `/internal/projections/${params.name}/parked`, query })),
  ),
  route(
    'POST /admin/projections/:name/parked/retry',
    {
      ...tag,
      summary: 'Apply parked events once more, oldest first; with `dryRun` only say what would come of it',
      params,
      query: z.strictObject({ ...filter, dryRun }),
    },
    async ({ params, query: { dryRun, ...query } }) =>
      ok(
        await owner({
          method: 'POST',
          path: `/internal/projections/${params.name}/parked/retry`,
          query: { ...query, ...isDryRun(dryRun) },
        }),
      ),
  ),
  route(
    'POST /admin/projections/:name/parked/:id/retry',
    {
      ...tag,
      summary: 'Apply a parked event once more; with `dryRun` only say what would come of it',
      params: parkedParams,
      query: z.strictObject({ dryRun }),
    },
    async ({ params, query }) =>
      ok(
        await owner({
          method: 'POST',
          path: `/internal/projections/${params.name}/parked/${params.id}/retry`,
          query: isDryRun(query.dryRun),
        }),
      ),
  ),
  route(
    'DELETE /admin/projections/:name/parked/:id',
    {
      ...tag,
      summary: 'Give a parked event up: the read model goes without it, until a rebuild',
      params: parkedParams,
    },
    async ({ params }) => {
      await owner({ method: 'DELETE', path: `/internal/projections/${params.name}/parked/${params.id}` });
      return noContent();
    },
  ),
];

const isDryRun = (dryRun: string | undefined): { dryRun?: boolean } =>
  dryRun === undefined ? {} : { dryRun: dryRun !== 'false' };
