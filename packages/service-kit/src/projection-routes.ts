import type { Projection } from '@gatehouse/event-store';
import { z } from 'zod';
import { kitError } from './http-error.ts';
import { filterText } from './query-values.ts';
import { accepted, noContent, ok } from './reply.ts';
import { type Route, route } from './route.ts';

const name = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/);
const projectionParams = z.strictObject({ name });
const parkedParams = z.strictObject({ name, id: z.uuid() });
const flag = z.stringbool({ truthy: ['true', '1', ''], falsy: ['false', '0'] }).default(false);
const filter = {
  type: filterText.optional(),
  error: filterText.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
};

/** Read models: how far they are, made anew, put back; and the events that they could not apply. */
export const createProjectionRoutes = (projections: readonly Projection[]): readonly Route[] => {
  const get = (wanted: string): Projection => {
    const projection = projections.find((one) => one.name === wanted);
    if (projection === undefined)
      throw kitError('not_found', { message: `There is no projection "${wanted}".` });
    return projection;
  };
  return [
    route(
      'GET /internal/projections/:name',
      { auth: 'service', summary: 'How far a read model is', params: projectionParams },
      async ({ params }) => ok(await get(params.name).status()),
    ),
    route(
      'POST /internal/projections/:name/rebuild',
      { auth: 'service', summary: 'Make a read model anew beside the live one', params: projectionParams },
      async ({ params }) => {
        const projection = get(params.name);
        await projection.rebuild();
        return accepted(await projection.status());
      },
    ),
    route(
      'DELETE /internal/projections/:name/rebuild',
      { auth: 'service', summary: 'Give a rebuild up', params: projectionParams },
      async ({ params }) => {
        await get(params.name).cancelRebuild();
        return noContent();
      },
    ),
    route(
      'POST /internal/projections/:name/revert',
      { auth: 'service', summary: 'Put back what the last rebuild replaced', params: projectionParams },
      async ({ params }) => {
        const projection = get(params.name);
        await projection.revert();
        return accepted(await projection.status());
      },
    ),
    route(
      'GET /internal/projections/:name/parked',
      {
        auth: 'service',
        summary: 'Events that a read model could not apply, newest first',
        params: projectionParams,
        query: z.strictObject(filter),
      },
      async ({ params, query: { type, error, limit } }) =>
        ok(await get(params.name).parked.list({ ...only({ type, error }), limit })),
    ),
    route(
      'POST /internal/projections/:name/parked/retry',
      {
        auth: 'service',
        summary: 'Apply parked events once more, oldest first, or say what would come of it',
        params: projectionParams,
        query: z.strictObject({ ...filter, dryRun: flag }),
      },
      async ({ params, query: { type, error, limit, dryRun } }) => {
        const { parked } = get(params.name);
        const reports = [];
        for (const { id } of (await parked.list({ ...only({ type, error }), limit })).toReversed()) {
          reports.push(await parked.retry(id, { dryRun }));
        }
        return ok(reports);
      },
    ),
    route(
      'POST /internal/projections/:name/parked/:id/retry',
      {
        auth: 'service',
        summary: 'Apply a parked event once more, or say what would come of it',
        params: parkedParams,
        query: z.strictObject({ dryRun: flag }),
      },
      async ({ params, query }) => ok(await get(params.name).parked.retry(params.id, query)),
    ),
    route(
      'DELETE /internal/projections/:name/parked/:id',
      { auth: 'service', summary: 'Give a parked event up', params: parkedParams },
      async ({ params }) => {
        await get(params.name).parked.discard(params.id);
        return noContent();
      },
    ),
  ];
};

const only = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
