import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';

/**
 * The pool as Kysely uses it, except that a connection whose query got no answer in time (`query_timeout`) is ended: pg
 * itself would put it back, and whoever got it next would wait behind the query that is stuck.
 */
export const poolFor = (pool: pg.Pool): PostgresPool => {
  // Kysely makes something of its own for each one that it has not seen: the same for the same connection.
  const known = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    async connect() {
      const client = await pool.connect();
      const seen = known.get(client);
      if (seen !== undefined) return seen;
      const made = endingWhenStuck(client);
      known.set(client, made);
      return made;
    },
    end: () => pool.end(),
    options: pool.options,
  };
};

/**
 * A statement whose text begins with a line like `-- prepared: append` is parsed and planned once a connection: for texts that
 * never change and run all the time. The name has to be the text's alone.
 */
const nameOf = (text: string): string | undefined =>
  text.startsWith(prefix) ? text.slice(prefix.length, text.indexOf('\n')) : undefined;
const prefix = '-- prepared: ';

const endingWhenStuck = (client: pg.PoolClient): PostgresPoolClient => {
  const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      const name = nameOf(text);
      return await (name === undefined
        ? client.query(text, [...parameters])
        : client.query({ name, text, values: [...parameters] }));
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
