import { CompiledQuery } from 'kysely';
import type { AnyDb } from './database.ts';

/** For what runs for every message: a text that never changes, so that nothing is put together each time. */
export const runText = async <Row>(
  db: AnyDb,
  text: string,
  parameters: readonly unknown[],
): Promise<readonly Row[]> =>
  (await db.executeQuery(CompiledQuery.raw(text, [...parameters]))).rows as readonly Row[];
