import { filterText, moment, ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { AskServices } from './ask-services.ts';
import { deadLetterRoutes } from './dead-letter-routes.ts';
import { type LoggedEvent, lineageOf, type ServicePart } from './lineage.ts';

const text = filterText.optional();
const limit = z.coerce.number().int().min(1).max(1000).default(100);

/** Events that a tree is made of: so many fit into one question to each service. */
const treeLimit = 100;

type ParkedKey = Readonly<{ nextTryAt: string }>;

/** Events, parked keys and dead letters of every service, as one. */
export const messageRoutes = (ask: AskServices): readonly Route[] => [
  route(
    'GET /admin/events',
    {
      auth: 'admin',
      tag: 'admin',
      summary:
        'What was announced, newest first; with `correlationId`, the request that set it off, `meta.lineage` is the whole tree',
      query: z.strictObject({
        type: text,
        since: moment.optional(),
        correlationId: text,
        limit,
      }),
    },
    async ({ query }) => {
      const { correlationId } = query;
      const { answers, unavailable } = await ask.all<readonly LoggedEvent[]>({
        path: '/internal/events',
        query,
      });
      const events = answers.flatMap(({ data }) => data).toSorted(newestFirst);
      const meta = {
        unavailable,
        ...(correlationId === undefined ? {} : { lineage: await askLineage(ask, correlationId) }),
      };
      return ok(events.slice(0, query.limit), { meta });
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

/** The first events of it, and what every service knows of them. */
const askLineage = async (ask: AskServices, correlationId: string) => {
  const told = await ask.all<readonly LoggedEvent[]>({
    path: '/internal/events',
    query: { correlationId, limit: 1000 },
  });
  const all = told.answers.flatMap(({ data }) => data).toSorted((a, b) => newestFirst(b, a));
  const events = all.slice(0, treeLimit);
  const { answers } = await ask.all<ServicePart['data']>({
    path: '/internal/lineage',
    query: { correlationId, events: events.map((event) => event.id).join(',') },
  });
  return { ...lineageOf(correlationId, events, answers), eventsLeftOut: all.length - events.length };
};

const newestFirst = (a: LoggedEvent, b: LoggedEvent): number =>
  a.time < b.time ? 1 : a.time > b.time ? -1 : 0;
