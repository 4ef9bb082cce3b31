import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from './packages/database/src/embedded/start-embedded-postgres.ts';
import { findServer } from './packages/testing/src/servers/find-server.ts';
import { startPostgres } from './packages/testing/src/servers/postgres.ts';
import type { RealServer, ServerName } from './packages/testing/src/servers/real-server.ts';
import type { RunServer } from './packages/testing/src/servers/run-servers.ts';
import { startConsul, startRabbitMq, startRedis } from './packages/testing/src/servers/start-servers.ts';

/** As in `vitest.global-setup.ts`: nothing here has to survive a crash of the machine, and many tests connect at once. */
const postgresSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
};

const starts = {
  rabbitmq: startRabbitMq,
  consul: startConsul,
  redis: startRedis,
  postgres: () => startPostgres({ launch: startEmbeddedPostgres, settings: postgresSettings }),
} as const;

/**
 * vitest's globalSetup of `npm run test:servers`: one private server of each kind for the whole run, gone after it, also
 * when the run is killed. Tests of a server that is not installed are skipped, and a line says so; in CI that is a failure.
 */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const names = Object.keys(starts) as ServerName[];
  const found = await Promise.all(names.map(findServer));
  const missing = names.filter((_, index) => found[index] === undefined);
  if (missing.length > 0) complain(missing);

  const results = await Promise.allSettled(
    names.filter((name) => !missing.includes(name)).map((name) => starts[name]()),
  );
  const running = results.flatMap((result): RealServer[] =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  const disposeAll = async (): Promise<void> => {
    await Promise.all(running.map((server) => server.dispose()));
  };
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    await disposeAll();
    throw failure.reason;
  }
  const access = (name: ServerName): RunServer => {
    const server = running.find((one) => one.name === name);
    return server === undefined ? { missing: sayMissing(name) } : { url: server.url };
  };
  project.provide('realServers', {
    rabbitmq: access('rabbitmq'),
    consul: access('consul'),
    redis: access('redis'),
    postgres: access('postgres'),
  });
  const postgres = running.find(({ name }) => name === 'postgres');
  if (postgres !== undefined) project.provide('postgresUrl', postgres.url);
  return disposeAll;
};

const sayMissing = (name: string): string =>
  `${name} is not installed here; to install it: npm run servers:install`;

const complain = (missing: readonly string[]): void => {
  if (process.env.CI === 'true') {
    throw new TypeError(`In CI every server must be there. ${missing.map(sayMissing).join('; ')}`);
  }
  const lines = missing.map((name) => `SKIPPED the tests of ${name}. ${sayMissing(name)}`);
  process.stderr.write(`\n${lines.join('\n')}\n\n`);
};
