import { type AnyDb, runText, toDatabaseError } from '@gatehouse/database';

/** A database that is away says so as an `AppError`; everything else, 40001 above all, stays as it was. */
export const listRows = async <Row>(
  executor: AnyDb,
  text: string,
  parameters: readonly unknown[],
): Promise<readonly Row[]> => {
  try {
    return await runText<Row>(executor, text, parameters);
  } catch (error) {
    throw toDatabaseError(error);
  }
};
