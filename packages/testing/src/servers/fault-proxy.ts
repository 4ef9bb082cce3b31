import { createServer, type Server, type Socket } from 'node:net';
import { createFaults, type Faults } from './faults.ts';
import { type ProxiedConnection, proxyConnection } from './proxied-connection.ts';

export type FaultProxyOptions = Readonly<{
  targetPort: number;
  /** Loopback without it. */
  targetHost?: string;
  /** Decides what is dropped: numbers in [0, 1). `seededRandom` makes a run repeatable. */
  random?: () => number;
}>;

/** A TCP proxy on loopback that breaks what passes through it. Faults add up and hold until `heal`. */
export type FaultProxy = Readonly<{
  port: number;
  /** Everything arrives that much later, in both directions and in order; the rate stays. */
  delay(delayMs: number): void;
  /**
   * Of 100 pieces (what one read brings, at most 64 KB) so many get lost, and with each its connection is reset: a TCP stream
   * does not go on with a hole in it. The reader may have got half an answer by then.
   */
  drop(percent: number): void;
  /** Resets (RST) the connections that are open now, on both sides. Those that come later pass. */
  reset(): void;
  /** Nothing passes and nothing is said: connections are accepted and stay open, also those whose other side has gone. `heal` lets pass what was held. */
  blackHole(): void;
  /** The server's side of each connection is reset and the client does not hear of it; nor does who connects later. `heal` resets them. */
  halfOpen(): void;
  heal(): void;
  /** Open now, seen from the clients. */
  connections(): number;
  /** Resets what is open and frees the port. */
  close(): Promise<void>;
}>;

export const startFaultProxy = async (options: FaultProxyOptions): Promise<FaultProxy> => {
  const { targetPort, targetHost = '127.0.0.1', random = Math.random } = options;
  const faults: Faults = createFaults(random);
  const open = new Set<ProxiedConnection>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client: Socket) => {
    const connection = proxyConnection(client, { targetPort, targetHost, faults });
    open.add(connection);
    client.once('close', () => open.delete(connection));
  });
  const port = await listenOnLoopback(server);
  const resetAll = (): void => {
    for (const connection of open) connection.reset();
  };

  return {
    port,
    delay: (delayMs) => faults.delay(delayMs),
    drop: (percent) => faults.drop(percent),
    reset: resetAll,
    blackHole: () => faults.hold(),
    halfOpen() {
      faults.halve();
      for (const connection of open) connection.loseServer();
    },
    heal() {
      for (const connection of open) if (connection.isHalf()) connection.reset();
      faults.heal();
    },
    connections: () => open.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        resetAll();
      }),
  };
};

const listenOnLoopback = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
