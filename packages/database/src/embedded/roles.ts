import pg from 'pg';
import { superuser } from './cluster.ts';
import type { Passwords } from './passwords.ts';

export const urlFor = (port: number, role: string, access: { database: string; password: string }): string =>
  `postgres://${role}:${access.password}@127.0.0.1:${port}/${access.database}`;

export type SuperuserAccess = Readonly<{ port: number; passwords: Passwords }>;

export const superuserUrl = ({ port, passwords }: SuperuserAccess): string =>
  urlFor(port, superuser, { database: 'postgres', password: passwords.of(superuser) });

/**
 * A role and a database of the same name for each owner. The role owns that one database, may connect to no other, and is
 * nothing more: not superuser, creates neither databases nor roles. Safe to repeat.
 */
export const ensureDatabases = async (
  access: SuperuserAccess,
  databases: readonly string[],
): Promise<void> => {
  await asSuperuser(access, async (client) => {
    const { rows } = await client.query<{ rolname: string; datname: string | null }>(
      'select r.rolname, d.datname from pg_roles r left join pg_database d on d.datname = r.rolname',
    );
    const known = new Map(rows.map(({ rolname, datname }) => [rolname, datname]));
    await client.query('revoke connect, temporary on database postgres, template1 from public');
    for (const name of databases) {
      const role = client.escapeIdentifier(name);
      if (!known.has(name)) {
        const password = client.escapeLiteral(access.passwords.of(name));
        await client.query(`create role ${role} login password ${password}`);
      }
      if ((known.get(name) ?? null) === null) await client.query(`create database ${role} owner ${role}`);
      await client.query(`revoke connect, temporary on database ${role} from public`);
    }
  });
};

/** Whether the server on the port is the one of this data folder: it takes our password and names the folder. */
export const answersAsOurs = async (access: SuperuserAccess, pgdata: string): Promise<boolean> => {
  try {
    return await asSuperuser(access, async (client) => {
      const { rows } = await client.query<{ data_directory: string }>('show data_directory');
      return rows[0]?.data_directory === pgdata;
    });
  } catch {
    return false; // whatever it is that does not let us in: the caller stops the server instead of taking it over
  }
};

const asSuperuser = async <T>(
  access: SuperuserAccess,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> => {
  const client = new pg.Client({
    connectionString: superuserUrl(access),
    application_name: 'gatehouse embedded',
    connectionTimeoutMillis: 5_000,
    query_timeout: 30_000,
  });
  client.on('error', () => {}); // what was under way fails by itself
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
