import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';

/**
 * The pool as Kysely uses it, except that a connection whose query got no answer in time (`query_timeout`) is ended: pg
 * itself would put it back, and whoever got it next would wait behind the query that is stuck.
 */
export const poolFor = (pool: pg.Pool): PostgresPool => ({
  connect: async () => endingWhenStuck(await pool.connect()),
  end: () => pool.end(),
  options: pool.options,
});

const endingWhenStuck = (client: pg.PoolClient): PostgresPoolClient => {
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      return await client.query(text, [...parameters]);
    } catch (error) {
      if (error instanceof Error && error.message === 'Query read timeout') void client.end();
      throw error;
    }
  };
  return {
    // Kysely's driver only ever awaits a text with parameters; the cursor's overload is for streams, which we do not use.
    query: query as PostgresPoolClient['query'],
    release: (error?: boolean | Error) => client.release(error),
  };
};
