import { describe, inject } from 'vitest';
import type { ServerName } from './real-server.ts';

/** One server of the run: its address, or why there is none. */
export type RunServer = Readonly<{ url: string } | { missing: string }>;

declare module 'vitest' {
  interface ProvidedContext {
    /** The servers that `vitest.servers-setup.ts` started once for the run. */
    realServers: Readonly<Record<ServerName, RunServer>>;
  }
}

export type RunServerAccess = Readonly<{
  /** Of the server that all tests of the run share: use names of your own in it, and do not stop it. */
  readonly url: string;
  /** vitest's `describe`, skipped where the server is not installed. In CI the run has failed before. */
  describe: typeof describe | typeof describe.skip;
}>;

/**
 * A server of the test run, for `*.real.test.ts`.
 *
 * @example
 * const rabbitMq = realServer('rabbitmq');
 * rabbitMq.describe('over RabbitMQ', () => transportContract(() => createRabbitMqTransport({ url: rabbitMq.url, clock })));
 */
export const realServer = (name: ServerName): RunServerAccess => {
  const server = inject('realServers')[name];
  if ('url' in server) return { url: server.url, describe };
  return {
    get url(): string {
      throw new TypeError(`${server.missing}. Ask for its url only inside realServer('${name}').describe.`);
    },
    describe: describe.skip,
  };
};
