import type { Socket } from 'node:net';
import type { ClientSide } from './client-side.ts';

/** A client and a service that talk to each other without HTTP. */
export type JoinedConnections = Readonly<{
  passed(): Readonly<{ in: number; out: number }>;
  isHalfClosed(): boolean;
  /** Breaks both off. */
  end(): void;
  onClosed(listener: () => void): void;
}>;

/** What a service that does not read gets of a client's last words. */
const lastWordsMs = 10_000;

/**
 * Joins what the proxy holds to the client's socket, and sees to it that none of the connections outlives the other: the
 * proxy pipes both ways, but a pipe does not tell one end that the other was destroyed.
 */
export const joinConnections = (socket: Socket, side: ClientSide, upstream: Socket): JoinedConnections => {
  side.join(socket);
  side.once('close', () => {
    // What the client has sent before it hung up still goes out.
    upstream.setTimeout(lastWordsMs, () => upstream.destroy());
    upstream.destroySoon();
  });
  upstream.once('close', () => {
    if (!side.writableEnded) side.end();
  });

  return {
    passed: () => side.passed,
    isHalfClosed: () => side.readableEnded || side.writableEnded,
    end: () => {
      socket.destroy();
      upstream.destroy();
    },
    onClosed: (listener) => void socket.once('close', listener),
  };
};
