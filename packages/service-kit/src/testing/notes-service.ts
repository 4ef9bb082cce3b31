import type { Migrations } from '@gatehouse/database';
import { AppError } from '@gatehouse/errors';
import { createSubscription, onMatching } from '@gatehouse/messaging';
import { definePlugin } from '@gatehouse/plugin-host';
import type { RequestHandler } from 'express';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { created, noContent, ok, pageQuery, pageReply, type Route, route } from '../index.ts';
import type { ServiceApp, ServiceDefinition } from '../service.ts';

type NotesSchema = { notes: { id: string; owner: string; text: string; version: number } };

const migrations: Migrations = {
  '0001_notes': {
    up: async (db) => {
      await sql`create table notes (id uuid primary key, owner text not null, text text not null,
        version int not null)`.execute(db);
    },
  },
};

const NewNote = z.strictObject({
  text: z.string().min(3).max(100),
  tags: z
    .array(z.strictObject({ name: z.string().min(1) }))
    .max(3)
    .optional(),
});

/** What the sample counts, so that a test sees how often an effect ran. */
export type NotesLedger = { effects: number; conflicts: number; timerTicks: number; heard: string[] };

const noteRoutes = (
  db: Kysely<NotesSchema>,
  ids: { next(): string },
  ledger: NotesLedger,
  gate: () => Promise<void>,
): readonly Route[] => {
  const getNote = async (id: string) => {
    const note = await db
      .selectFrom('notes')
      .select(['id', 'owner', 'text', 'version'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (note === undefined)
      throw new AppError({ code: 'not_found', kind: 'not-found', message: 'No such note.' });
    return note;
  };
  return [
    route(
      'POST /api/notes',
      {
        auth: 'verified',
        permission: 'posts:create',
        summary: 'Write a note',
        body: NewNote,
        idempotent: true,
        bodyLimit: 2048,
        responses: { 201: z.object({ id: z.uuid(), text: z.string() }) },
      },
      ({ body, principal, once }) =>
        once(async (tx) => {
          ledger.effects += 1;
          await gate();
          if (body.text === 'forbidden')
            throw new AppError({ code: 'note_forbidden', kind: 'conflict', message: 'Not this one.' });
          const id = ids.next();
          await tx
            .insertInto('notes')
            .values({ id, owner: principal.id, text: body.text, version: 1 })
            .execute();
          return created({ id, text: body.text }, { version: 1, headers: { Location: `/api/notes/${id}` } });
        }),
    ),
    route(
      'GET /api/notes',
      {
        auth: 'none',
        summary: 'Notes',
        query: z.strictObject({ ...pageQuery, owner: z.string().optional() }),
        responses: { 200: z.array(z.object({ id: z.uuid() })) },
      },
      ({ query }) => pageReply({ items: [], total: 21, page: query.page, limit: query.limit }),
    ),
    route('GET /api/notes/mine', { auth: 'required', summary: 'My notes' }, ({ principal }) =>
      ok({ of: principal.id }),
    ),
    route(
      'GET /api/notes/:id',
      { auth: 'optional', summary: 'A note', responses: { 200: z.object({ id: z.uuid() }) } },
      async ({ params, principal }) => {
        const note = await getNote(params.id);
        return ok(note, { version: note.version, view: principal === undefined ? 'excerpt' : 'full' });
      },
    ),
    route(
      'PATCH /api/notes/:id',
      { auth: 'required', summary: 'Change a note', body: NewNote },
      async ({ params, body, ifMatch, once }) =>
        once(async (tx) => {
          const note = await getNote(params.id);
          if (ifMatch !== undefined && ifMatch !== note.version)
            throw new AppError({ code: 'precondition_failed', kind: 'stale', message: 'It has changed.' });
          const version = note.version + 1;
          await tx.updateTable('notes').set({ text: body.text, version }).where('id', '=', note.id).execute();
          return ok({ ...note, text: body.text, version }, { version, view: 'full' });
        }),
    ),
    route('DELETE /api/notes/:id', { auth: 'admin', summary: 'Delete a note' }, async ({ params }) => {
      await db.deleteFrom('notes').where('id', '=', params.id).execute();
      return noContent();
    }),
    route('GET /api/named/:name', { auth: 'none', summary: 'Anything' }, ({ params }) => ok(params)),
    route('POST /api/plain', { auth: 'none', summary: 'No body' }, ({ body }) =>
      ok({ body: body === undefined }),
    ),
    route('POST /api/race', { auth: 'required', summary: 'Loses the first races' }, ({ once }) =>
      once(async () => {
        if (ledger.conflicts > 0) {
          ledger.conflicts -= 1;
          throw new AppError({ code: 'version_conflict', kind: 'conflict', message: 'Lost.' });
        }
        return ok({ won: true });
      }),
    ),
    route('GET /api/crash', { auth: 'none', summary: 'A bug' }, () => {
      throw new TypeError('select secret from /etc/passwd at db.internal:5432');
    }),
    route('GET /api/internal-error', { auth: 'none', summary: 'An internal refusal' }, () => {
      throw new AppError({ code: 'event_invalid', kind: 'internal', message: 'secret table' });
    }),
    route('GET /api/slow', { auth: 'none', summary: 'Never ends by itself' }, ({ deadline }) => {
      return new Promise((_, reject) =>
        deadline.signal.addEventListener('abort', () => reject(deadline.signal.reason)),
      );
    }),
    route(
      'POST /api/too-late',
      { auth: 'required', summary: 'Writes, and is over time then' },
      ({ principal, deadline, once }) =>
        once(async (tx) => {
          await tx
            .insertInto('notes')
            .values({ id: ids.next(), owner: principal.id, text: 'late', version: 1 })
            .execute();
          await new Promise((resolve) => deadline.signal.addEventListener('abort', resolve));
          return created({});
        }),
    ),
    route('GET /api/busy', { auth: 'none', summary: 'Throttled' }, () => {
      throw new AppError({
        code: 'rate_limited',
        kind: 'throttled',
        message: 'Slow down.',
        details: { retryAfterSeconds: 2.2 },
      });
    }),
  ];
};

const starHeader: RequestHandler = (_request, response, next) => {
  response.setHeader('X-Stars', 'on');
  next();
};

const starsPlugin = (ledger: NotesLedger) =>
  definePlugin({
    name: 'stars',
    version: '1.0.0',
    dependencies: { notes: '^0.1.0' },
    activate: async (host) => {
      host.routes([route('GET /api/stars', { auth: 'none', summary: 'Stars' }, () => ok(['star']))]);
      host.middleware(starHeader);
      host.timer({ everyMs: 1_000, task: async () => void ledger.timerTicks++ });
      await host.subscribe(
        createSubscription({
          consumer: 'notes.stars',
          handlers: [onMatching('#', async ({ type }) => void ledger.heard.push(type))],
        }),
      );
    },
  });

export type NotesOptions = Readonly<{
  ledger: NotesLedger;
  /** Waited for within the effect of `POST /api/notes`. */
  gate?: () => Promise<void>;
  tokens?: ServiceApp['tokens'];
  background?: NonNullable<ServiceApp['background']>;
  name?: string;
  moreRoutes?: readonly Route[];
}>;

/** A small service that uses everything that the kit gives. */
export const notesService = (options: NotesOptions): ServiceDefinition<NotesSchema, unknown> => ({
  name: options.name ?? 'notes',
  version: '0.1.0',
  migrations,
  create: ({ db, ids }) => ({
    routes: [
      ...noteRoutes(db, ids, options.ledger, options.gate ?? (async () => {})),
      ...(options.moreRoutes ?? []),
    ],
    ...(options.name === undefined
      ? { plugins: { entries: [{ plugin: starsPlugin(options.ledger), enabled: true }] } }
      : {}),
    ...(options.tokens === undefined ? {} : { tokens: options.tokens }),
    ...(options.background === undefined ? {} : { background: options.background }),
  }),
});
