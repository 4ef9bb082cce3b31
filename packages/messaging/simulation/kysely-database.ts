import type { Database } from '@gatehouse/database';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import type { DatabaseServer, Session } from './database-server.ts';
import type { Life } from './life.ts';
import { toClient } from './sql/values.ts';

type Connection = DatabaseConnection & Readonly<{ session: Session }>;

/** A statement on its way to the server: planted bugs change it, or send it elsewhere. */
export type Interference = Readonly<{
  /** Gives the statement that is sent instead. */
  rewrite?: (text: string) => string;
  /** Whether it runs in a transaction of its own, though its caller is in one. */
  escapes?: (text: string) => boolean;
}>;

/** A service's database as one of its processes sees it: Kysely over a connection that anything can happen to. */
export const openSimulatedDatabase = (
  server: DatabaseServer,
  life: Life,
  { rewrite = (text) => text, escapes = () => false }: Interference = {},
): Database => {
  const connect = (): Connection => {
    const session = server.open(life);
    const executeQuery = async <R>({ sql, parameters }: CompiledQuery) => {
      const text = rewrite(sql);
      const on = escapes(text) ? server.open(life) : session;
      const { columns, rows, affected } = await server.query(on, text, parameters);
      return {
        numAffectedRows: BigInt(affected),
        rows: rows.map((row) =>
          Object.fromEntries(columns.map((name, i) => [name, toClient(row[i] ?? null)])),
        ) as R[],
      };
    };
    return {
      session,
      executeQuery,
      // biome-ignore lint/correctness/useYield: nothing streams
      streamQuery: async function* () {
        throw new TypeError('the simulated database does not stream');
      },
    };
  };

  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connect(),
    beginTransaction: (connection) => server.begin((connection as Connection).session),
    commitTransaction: (connection) => server.commit((connection as Connection).session),
    rollbackTransaction: (connection) => server.rollback((connection as Connection).session),
    releaseConnection: async (connection) => server.close((connection as Connection).session),
    destroy: async () => {},
  };

  return {
    db: new Kysely({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => driver,
        createIntrospector: (db) => new PostgresIntrospector(db),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    }),
    url: 'postgres://simulated',
    ping: async () => {},
    close: async () => {},
  };
};
