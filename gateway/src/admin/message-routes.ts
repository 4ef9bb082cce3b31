import { id } from '@gatehouse/contracts';
import { filterText, moment, noContent, ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { AskServices } from './ask-services.ts';

const text = filterText.optional();
const limit = z.coerce.number().int().min(1).max(1000).default(100);

type Event = Readonly<{ id: string; time: string }>;
type DeadLetter = Readonly<{ id: string; lastFailedAt?: string }>;

/** Events and dead letters of every service, as one. */
export const messageRoutes = ({ all, owner }: AskServices): readonly Route[] => [
  route(
    'GET /admin/events',
    {
      auth: 'admin',
      tag: 'admin',
      summary: 'What was announced, newest first; `correlationId` is the request that set it off',
      query: z.strictObject({
        type: text,
        since: moment.optional(),
        correlationId: text,
        limit,
      }),
    },
    async ({ query }) => {
      const { answers, unavailable } = await all<readonly Event[]>({ path: '/internal/events', query });
      const events = answers.flatMap(({ data }) => data).toSorted(newestFirst);
      return ok(events.slice(0, query.limit), { meta: { unavailable } });
    },
  ),
  route(
    'GET /admin/dead-letters',
    {
      auth: 'admin',
      tag: 'admin',
      summary: 'Messages that could not be processed',
      query: z.strictObject({ service: text, type: text, error: text, limit }),
    },
    async ({ query: { service: wanted, ...query } }) => {
      const { answers, unavailable } = await all<readonly DeadLetter[]>({
        path: '/internal/dead-letters',
        query,
      });
      const letters = answers
        .filter(({ service }) => wanted === undefined || service === wanted)
        .flatMap(({ service, data }) => data.map((letter) => ({ service, ...letter })));
      return ok(letters.slice(0, query.limit), { meta: { unavailable } });
    },
  ),
  route(
    'PATCH /admin/dead-letters/:id',
    {
      auth: 'admin',
      tag: 'admin',
      summary: 'Change what a replay will carry',
      params: z.strictObject({ id }),
      body: z.strictObject({ data: z.unknown() }),
    },
    async ({ params, body }) =>
      ok(await owner({ method: 'PATCH', path: `/internal/dead-letters/${params.id}`, body })),
  ),
  route(
    'POST /admin/dead-letters/:id/replay',
    {
      auth: 'admin',
      tag: 'admin',
      summary: 'Process it again; with `dryRun` only say what would come of it',
      params: z.strictObject({ id }),
      query: z.strictObject({ dryRun: z.enum(['true', 'false', '']).optional() }),
    },
    async ({ params, query }) =>
      ok(
        await owner({
          method: 'POST',
          path: `/internal/dead-letters/${params.id}/replay`,
          query: query.dryRun === undefined ? {} : { dryRun: query.dryRun !== 'false' },
        }),
      ),
  ),
  route(
    'DELETE /admin/dead-letters/:id',
    { auth: 'admin', tag: 'admin', summary: 'Give a dead letter up', params: z.strictObject({ id }) },
    async ({ params }) => {
      await owner({ method: 'DELETE', path: `/internal/dead-letters/${params.id}` });
      return noContent();
    },
  ),
];

const newestFirst = (a: Event, b: Event): number => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0);
