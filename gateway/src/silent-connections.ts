import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@gatehouse/resilience';
import { isBusy } from './turns.ts';

export type SilentConnectionsDeps = Readonly<{
  server: Server;
  clock: Clock;
  /** Of the moment. */
  limitMs: () => number;
  everyMs: number;
}>;

type Seen = { bytes: number; sinceMs: number };

/**
 * Cuts off connections with a request under way over which no byte has gone either way for `limitMs`: a reader or a writer that
 * has stopped. One look at all of them every `everyMs`, so that one may last that much longer; Node's own limit is a timer for
 * each, which every read and every write puts off. Those without a request have limits of their own: for the head
 * of the next one, and for kept connections.
 *
 * To be called before the server listens; ends with it.
 */
export const cutOffSilent = ({ server, clock, limitMs, everyMs }: SilentConnectionsDeps): void => {
  const connections = new Map<Socket, Seen>();

  server.on('connection', (socket) => {
    connections.set(socket, { bytes: 0, sinceMs: clock.monotonic() });
    socket.once('close', () => connections.delete(socket));
  });

  const look = (): void => {
    const nowMs = clock.monotonic();
    const limit = limitMs();
    for (const [socket, seen] of connections) {
      const bytes = socket.bytesRead + sentBytes(socket);
      if (bytes !== seen.bytes || !isBusy(socket)) {
        seen.bytes = bytes;
        seen.sinceMs = nowMs;
      } else if (nowMs - seen.sinceMs >= limit) socket.destroy();
    }
    cancel = clock.schedule(everyMs, look);
  };

  let cancel = clock.schedule(everyMs, look);
  server.once('close', () => cancel());
};

/** What the other side has taken; `bytesWritten` counts what waits for it too. */
const sentBytes = (socket: Socket): number => socket.bytesWritten - socket.writableLength;
