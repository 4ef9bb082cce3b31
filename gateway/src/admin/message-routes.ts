import { filterText, moment, ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { AskServices } from './ask-services.ts';
import { deadLetterRoutes } from './dead-letter-routes.ts';

const text = filterText.optional();
const limit = z.coerce.number().int().min(1).max(1000).default(100);

type Event = Readonly<{ id: string; time: string }>;
type ParkedKey = Readonly<{ nextTryAt: string }>;

/** Events, parked keys and dead letters of every service, as one. */
export const messageRoutes = (ask: AskServices): readonly Route[] => [
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
      const { answers, unavailable } = await ask.all<readonly Event[]>({ path: '/internal/events', query });
      const events = answers.flatMap(({ data }) => data).toSorted(newestFirst);
      return ok(events.slice(0, query.limit), { meta: { unavailable } });
    },
  ),
  route(
    'GET /admin/parked-keys',
    {
      auth: 'admin',
      tag: 'admin',
      summary: 'Keys that stand still behind a message that waits for its next try, the next one first',
      query: z.strictObject({ service: text, consumer: text, limit }),
    },
    async ({ query: { service: wanted, ...query } }) => {
      const { answers, unavailable } = await ask.all<readonly ParkedKey[]>(
        { path: '/internal/parked-keys', query },
        wanted,
      );
      const parked = answers
        .flatMap(({ service, data }) => data.map((key) => ({ service, ...key })))
        .toSorted((a, b) => (a.nextTryAt < b.nextTryAt ? -1 : 1));
      return ok(parked.slice(0, query.limit), { meta: { unavailable } });
    },
  ),
  ...deadLetterRoutes(ask),
];

const newestFirst = (a: Event, b: Event): number => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0);
