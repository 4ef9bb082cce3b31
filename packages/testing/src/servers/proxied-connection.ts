import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults } from './faults.ts';

export type ProxiedConnection = Readonly<{
  /** RST to both sides. */
  reset(): void;
  /** RST to the server; the client does not hear of it. */
  loseServer(): void;
  isHalf(): boolean;
}>;

type Route = Readonly<{ targetPort: number; targetHost: string; faults: Faults }>;

/** Pieces on their way in one direction before the sender is made to wait. */
const limit = 64;

/** Carries one client's connection to the target, as the faults have it. */
export const proxyConnection = (client: Socket, route: Route): ProxiedConnection => {
  const { faults } = route;
  let server: Socket | undefined;
  let isHalf = false;

  const reset = (): void => {
    client.resetAndDestroy();
    server?.resetAndDestroy();
  };
  const loseServer = (): void => {
    isHalf = true;
    server?.resetAndDestroy();
    // What the client goes on to send is taken and forgotten.
    client.resume();
  };
  // An error of one side is told to the other, unless nothing can be told now.
  const onError = async (): Promise<void> => {
    await faults.passes();
    if (!isHalf) reset();
  };
  const begin = async (): Promise<void> => {
    await faults.passes();
    if (client.destroyed) return;
    if (faults.isHalfOpen()) return loseServer();
    server = connect({
      port: route.targetPort,
      host: route.targetHost,
      allowHalfOpen: true,
      noDelay: true,
    });
    server.on('error', onError);
    carry({ from: client, to: server, faults, reset });
    carry({ from: server, to: client, faults, reset });
  };

  client.on('error', onError);
  void begin();
  return { reset, loseServer, isHalf: () => isHalf };
};

type Direction = Readonly<{ from: Socket; to: Socket; faults: Faults; reset: () => void }>;

/** One direction: each piece leaves in its turn, when its delay is over and something may pass. */
const carry = ({ from, to, faults, reset }: Direction): void => {
  let underWay = 0;
  let last: Promise<void> = Promise.resolve();
  const inTurn = (pass: () => Promise<void>): void => {
    const dueMs = performance.now() + faults.delayMs();
    const before = last;
    last = (async () => {
      await before;
      const restMs = dueMs - performance.now();
      if (restMs > 0) await sleep(restMs);
      await faults.passes();
      await pass();
    })();
  };

  from.on('data', (piece) => {
    underWay += 1;
    if (underWay >= limit) from.pause();
    inTurn(async () => {
      if (!to.destroyed && faults.loses()) reset();
      if (!to.destroyed) await write(to, piece);
      underWay -= 1;
      if (underWay < limit) from.resume();
    });
  });
  from.once('end', () => inTurn(async () => void (to.destroyed || to.end())));
};

/** Waits while the receiver does not take it. */
const write = (to: Socket, piece: Buffer | string): Promise<void> =>
  new Promise((resolve) => {
    if (to.write(piece)) return resolve();
    to.once('drain', resolve);
    to.once('close', () => resolve());
  });
