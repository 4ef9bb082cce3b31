import { once } from 'node:events';
import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Clock } from '@gatehouse/resilience';
import type { HttpSocket } from './turns.ts';

/**
 * How a server ends without losing a request.
 * - from `begin` on: it accepts as before, but every answer is the last of its connection, also those under way. Clients
 *   come back over another connection, by and by to another gateway.
 * - from `close` on: no new connections. Those that say nothing may still bring one request, until `settleMs` after `begin`;
 *   then they are closed, once what has arrived was read, and so is each that falls silent.
 * - after `limitMs`: whatever is left is broken off.
 */
export type ServerDrain = Readonly<{
  begin(): void;
  /** Resolves when the last connection is gone. Begins, if that was not done. */
  close(limitMs: number): Promise<void>;
}>;

export type ServerDrainDeps = Readonly<{
  server: Server;
  clock: Clock;
  /** Ends connections that are HTTP no more: the server does not know them, and waits for them. */
  closeUpgraded: () => void;
  settleMs?: number;
}>;

/** A client that asks again and again has done so by then, and was told. */
const defaultSettleMs = 500;
const sweepMs = 100;

/** To be made before the server listens. */
export const createServerDrain = (deps: ServerDrainDeps): ServerDrain => {
  const { server, clock, closeUpgraded, settleMs = defaultSettleMs } = deps;
  const connections = new Set<HttpSocket>();
  let begunAtMs: number | undefined;

  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });

  const begin = (): void => {
    if (begunAtMs !== undefined) return;
    begunAtMs = clock.monotonic();
    for (const { _httpMessage: answer } of connections) if (answer) answer.shouldKeepAlive = false;
  };

  return {
    begin,
    close: async (limitMs) => {
      begin();
      if (!server.listening) return;
      const closed = once(server, 'close');
      // That of HTTP would close silent connections at once, requests on their way or not.
      NetServer.prototype.close.call(server);
      const settlesInMs = Math.min((begunAtMs ?? 0) + settleMs - clock.monotonic(), limitMs / 2);
      let cancelSweep = clock.schedule(Math.max(0, settlesInMs), function sweep() {
        // After the next look at the sockets: a request that is here already is none of a silent connection.
        setImmediate(() => server.closeIdleConnections());
        cancelSweep = clock.schedule(sweepMs, sweep);
      });
      const cancelLimit = clock.schedule(limitMs, () => {
        server.closeAllConnections();
        closeUpgraded();
      });
      await closed;
      cancelSweep();
      cancelLimit();
      server.close(); // Its look at time limits ends as well.
    },
  };
};
