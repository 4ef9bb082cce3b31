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
const nameOf = (text: string): string | undefined => {
  const prefix = text.startsWith(prepared) ? prepared : isLast(text) ? preparedAndLast : undefined;
  return prefix && text.slice(prefix.length, text.indexOf('\n'));
};
const prepared = '-- prepared: ';
const preparedAndLast = '-- last, prepared: ';
const isLast = (text: string): boolean => text.startsWith(preparedAndLast);

const endingWhenStuck = (client: pg.PoolClient): PostgresPoolClient => {
  const send = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
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
  const query = beginningLate(endingEarly(send, client), client);
  return {
    // Kysely's driver only ever awaits a text with parameters; the cursor's overload is for streams, which we do not use.
    query: query as PostgresPoolClient['query'],
    release: (error?: boolean | Error) => client.release(error),
  };
};

type Send = (text: string, parameters: readonly unknown[]) => Promise<unknown>;

/**
 * `begin` goes out together with the statement after it (the client is in pipeline mode): a round trip less for every transaction.
 * That it failed is told by that statement; one that nothing follows is never begun.
 */
const beginningLate = (send: Send, { connection: { stream } }: pg.PoolClient): Send => {
  let isBeginDue = false;
  return async (text, parameters) => {
    if (text === 'begin') {
      isBeginDue = true;
      return { command: 'BEGIN', rowCount: null, rows: [] };
    }
    if (!isBeginDue) return send(text, parameters);
    isBeginDue = false;
    if (text === 'commit' || text === 'rollback')
      return { command: text.toUpperCase(), rowCount: null, rows: [] };
    stream.cork();
    const both = [send('begin', []), send(text, parameters)] as const;
    stream.uncork();
    const [begun, answered] = await Promise.allSettled(both);
    if (begun.status === 'rejected') throw begun.reason;
    if (answered.status === 'rejected') throw answered.reason;
    return answered.value;
  };
};

/** What went wrong with statements that their commit went out with. */
const withCommit = new WeakSet<object>();

/** Whether the commit may have been carried out although the statement before it has no answer. */
export const wentOutWithCommit = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && withCommit.has(error);

/**
 * `commit` goes out together with a statement that says of itself that it is the last (`-- last, prepared: done`): a round trip less.
 * When that fails, so does the commit, which the server makes a rollback of. Nothing may follow it, and nothing that could still fail.
 */
const endingEarly = (send: Send, { connection: { stream } }: pg.PoolClient): Send => {
  let ending: Promise<unknown> | undefined;

  const sendLast = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
    stream.cork();
    const answered = send(text, parameters);
    ending = send('commit', []);
    stream.uncork();
    ending.catch(() => {}); // told to whoever asks for the commit
    try {
      return await answered;
    } catch (error) {
      if (typeof error === 'object' && error !== null) withCommit.add(error);
      throw error;
    }
  };

  return async (text, parameters) => {
    if (ending === undefined) return isLast(text) ? sendLast(text, parameters) : send(text, parameters);
    const ended = ending;
    ending = undefined;
    if (text === 'commit') return ended;
    await ended.catch(() => {}); // what it was worth, the statement before it has said
    if (text === 'rollback') return { command: 'ROLLBACK', rowCount: null, rows: [] };
    throw new Error('There is a statement after the last one of its transaction.');
  };
};
