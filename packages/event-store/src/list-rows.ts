import { type AnyDb, toDatabaseError } from '@gatehouse/database';
import { CompiledQuery } from 'kysely';

/** A database that is away says so as an `AppError`; everything else, 40001 above all, stays as it was. */
export const listRows = async <Row>(
  executor: AnyDb,
  text: string,
  parameters: readonly unknown[],
): Promise<readonly Row[]> => {
  try {
    return (await executor.executeQuery(CompiledQuery.raw(text, [...parameters]))).rows as Row[];
  } catch (error) {
    throw toDatabaseError(error);
  }
};
