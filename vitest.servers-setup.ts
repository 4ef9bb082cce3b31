import type { TestProject } from 'vitest/node';
import { findServer } from './packages/testing/src/servers/find-server.ts';
import type { RealServer } from './packages/testing/src/servers/real-server.ts';
import type { RunServer } from './packages/testing/src/servers/run-servers.ts';
import { startConsul, startRabbitMq, startRedis } from './packages/testing/src/servers/start-servers.ts';

const starts = { rabbitmq: startRabbitMq, consul: startConsul, redis: startRedis } as const;

type Name = keyof typeof starts;

/**
 * vitest's globalSetup of `npm run test:servers`: one private RabbitMQ, Consul and Redis for the whole run (PostgreSQL is
 * from `vitest.global-setup.ts`, which runs before), gone after it. Tests of a server that is not installed are skipped, and
 * a line says so; in CI that is a failure.
 */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const names = Object.keys(starts) as Name[];
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
  const access = (name: Name): RunServer => {
    const server = running.find((one) => one.name === name);
    return server === undefined ? { missing: sayMissing(name) } : { url: server.url };
  };
  project.provide('realServers', {
    rabbitmq: access('rabbitmq'),
    consul: access('consul'),
    redis: access('redis'),
    postgres: { url: project.getProvidedContext().postgresUrl },
  });
  return disposeAll;
};

const sayMissing = (name: string): string => `${name} is not installed: npm run servers:install`;

const complain = (missing: readonly string[]): void => {
  const lines = missing.map((name) => `SKIPPED: the tests on ${sayMissing(name)}`).join('\n');
  if (process.env.CI === 'true') throw new TypeError(`In CI all servers must be there.\n${lines}`);
  process.stderr.write(`\n${lines}\n\n`);
};
