import { id } from '@gatehouse/contracts';
import type { AnyDb } from '@gatehouse/database';
import type { Projection } from '@gatehouse/event-store';
import type { Messaging } from '@gatehouse/messaging';
import { z } from 'zod';
import { findLineage } from './lineage.ts';
import { filterText, moment } from './query-values.ts';
import { noContent, ok } from './reply.ts';
import { type Route, route } from './route.ts';

const flag = z.stringbool({ truthy: ['true', '1', ''], falsy: ['false', '0'] }).default(false);
const limit = z.coerce.number().int().min(1).max(1000).default(100);
const noPadding = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;

const deadLetterFilter = {
  consumer: filterText.optional(),
  type: filterText.optional(),
  error: filterText.optional(),
  limit,
};

/** UUIDs with a comma between: as many as a request line takes. */
const eventIds = z
  .string()
  .max(3_700)
  .transform((text) => text.split(',').filter((part) => part !== ''))
  .pipe(z.array(id).max(100));

export type MessageRoutesDeps = Readonly<{
  db: AnyDb;
  messaging: Messaging;
  projections: readonly Projection[];
}>;

/** What a service announced, and what it could not process. For the gateway's `/admin`. */
export const createMessageRoutes = (deps: MessageRoutesDeps): readonly Route[] => [
  route(
    'GET /internal/events',
    {
      auth: 'service',
      summary: 'What this service announced, newest first',
      query: z.strictObject({
        type: filterText.optional(),
        since: moment.optional(),
        correlationId: filterText.optional(),
        limit,
      }),
    },
    async ({ query }) => ok(await deps.messaging.history.list(noPadding(query))),
  ),
  route(
    'GET /internal/lineage',
    {
      auth: 'service',
      summary: 'What became of these events here, and what the correlation id changed',
      query: z.strictObject({ correlationId: filterText, events: eventIds.default([]) }),
    },
    async ({ query: { correlationId, events } }) =>
      ok(await findLineage(deps, { correlationId, eventIds: events })),
  ),
  route(
    'GET /internal/parked-keys',
    {
      auth: 'service',
      summary: 'Keys that stand still behind a message that waits for its next try',
      query: z.strictObject({ consumer: filterText.optional(), limit }),
    },
    async ({ query }) => ok(await deps.messaging.parkedKeys.list(noPadding(query))),
  ),
  ...deadLetterRoutes(deps.messaging.deadLetters),
];

const deadLetterRoutes = (deadLetters: Messaging['deadLetters']): readonly Route[] => [
  route(
    'GET /internal/dead-letters',
    {
      auth: 'service',
      summary: 'Messages that could not be processed, newest first',
      query: z.strictObject({ ...deadLetterFilter, after: id.optional() }),
    },
    async ({ query }) => ok(await deadLetters.list(noPadding(query))),
  ),
  route(
    'GET /internal/dead-letters/:id',
    { auth: 'service', summary: 'One dead letter' },
    async ({ params }) => ok(await deadLetters.get(params.id)),
  ),
  route(
    'PATCH /internal/dead-letters/:id',
    {
      auth: 'service',
      summary: 'Change what a replay will carry',
      body: z.strictObject({ data: z.unknown() }),
    },
    async ({ params, body }) => ok(await deadLetters.edit(params.id, body.data)),
  ),
  route(
    'POST /internal/dead-letters/:id/replay',
    {
      auth: 'service',
      summary: 'Process it again, or say what would come of it',
      query: z.strictObject({ dryRun: flag }),
    },
    async ({ params, query }) => ok(await deadLetters.replay(params.id, { dryRun: query.dryRun })),
  ),
  route(
    'POST /internal/dead-letters/replay',
    {
      auth: 'service',
      summary: 'Process those that fit again, the oldest first, or say what would come of it',
      query: z.strictObject({ ...deadLetterFilter, dryRun: flag }),
    },
    async ({ query: { dryRun, ...query } }) => ok(await deadLetters.replayMany(noPadding(query), { dryRun })),
  ),
  route(
    'DELETE /internal/dead-letters/:id',
    { auth: 'service', summary: 'Give it up' },
    async ({ params }) => {
      await deadLetters.discard(params.id);
      return noContent();
    },
  ),
];
