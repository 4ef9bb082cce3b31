import { id } from '@gatehouse/contracts';
import { filterText, noContent, ok, type Route, route } from '@gatehouse/service-kit';
import { z } from 'zod';
import type { AskServices } from './ask-services.ts';

const text = filterText.optional();
const limit = z.coerce.number().int().min(1).max(1000).default(100);
const flag = z.enum(['true', 'false', '']).optional();
const filter = { service: text, consumer: text, type: text, error: text };

/** Each letter is a row more in an inbox: a thousand of them take a while. */
const replayTimeoutMs = 12_000;

type DeadLetter = Readonly<{ id: string; lastFailedAt: string }>;

/** What one service says of a replay of many; `limit` holds for each by itself. */
type ReplayReport = Readonly<{
  matched: number;
  replayed: number;
  refused: number;
  overtaken: number;
  left: number;
  letters: readonly object[];
}>;

/** Dead letters of every service, as one. */
export const deadLetterRoutes = (ask: AskServices): readonly Route[] => [
  route(
    'GET /admin/dead-letters',
    {
      auth: 'admin',
      tag: 'admin',
      summary: 'Messages that could not be processed, the last one first',
      query: z.strictObject({ ...filter, limit }),
    },
    async ({ query: { service: wanted, ...query } }) => {
      const { answers, unavailable } = await ask.all<readonly DeadLetter[]>(
        { path: '/internal/dead-letters', query },
        wanted,
      );
      const letters = answers
        .flatMap(({ service, data }) => data.map((letter) => ({ service, ...letter })))
        .toSorted((a, b) => (a.lastFailedAt < b.lastFailedAt ? 1 : -1));
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
      ok(await ask.owner({ method: 'PATCH', path: `/internal/dead-letters/${params.id}`, body })),
  ),
  route(
    'POST /admin/dead-letters/:id/replay',
    {
      auth: 'admin',
      tag: 'admin',
      summary: 'Process it again; with `dryRun` only say what would come of it',
      params: z.strictObject({ id }),
      query: z.strictObject({ dryRun: flag }),
    },
    async ({ params, query }) =>
      ok(
        await ask.owner({
          method: 'POST',
          path: `/internal/dead-letters/${params.id}/replay`,
          query: dryRunOf(query.dryRun),
        }),
      ),
  ),
  route(
    'POST /admin/dead-letters/replay',
    {
      auth: 'admin',
      tag: 'admin',
      summary:
        'Process all that fit again, the oldest first, 100 a second; with `dryRun` only say what would come of it',
      query: z.strictObject({ ...filter, dryRun: flag, limit }),
    },
    async ({ query: { service: wanted, dryRun, ...query } }) => {
      const { answers, unavailable } = await ask.all<ReplayReport>(
        {
          method: 'POST',
          path: '/internal/dead-letters/replay',
          query: { ...query, ...dryRunOf(dryRun) },
          timeoutMs: replayTimeoutMs,
        },
        wanted,
      );
      return ok({ dryRun: dryRunOf(dryRun).dryRun ?? false, ...inOne(answers) }, { meta: { unavailable } });
    },
  ),
  route(
    'DELETE /admin/dead-letters/:id',
    { auth: 'admin', tag: 'admin', summary: 'Give a dead letter up', params: z.strictObject({ id }) },
    async ({ params }) => {
      await ask.owner({ method: 'DELETE', path: `/internal/dead-letters/${params.id}` });
      return noContent();
    },
  ),
];

const dryRunOf = (dryRun: z.output<typeof flag>): Readonly<{ dryRun?: boolean }> =>
  dryRun === undefined ? {} : { dryRun: dryRun !== 'false' };

const inOne = (answers: readonly Readonly<{ service: string; data: ReplayReport }>[]) => {
  const sum = (of: (report: ReplayReport) => number): number =>
    answers.reduce((total, { data }) => total + of(data), 0);
  return {
    matched: sum(({ matched }) => matched),
    replayed: sum(({ replayed }) => replayed),
    refused: sum(({ refused }) => refused),
    overtaken: sum(({ overtaken }) => overtaken),
    left: sum(({ left }) => left),
    letters: answers.flatMap(({ service, data }) => data.letters.map((letter) => ({ service, ...letter }))),
  };
};
