import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FrontDoor } from '../front-door.ts';
import { mayUpgrade } from './handshake.ts';
import { UpgradeResponse } from './upgrade-response.ts';

/** The way in for requests that Node takes out of HTTP. */
export type UpgradeDoor = Readonly<{
  /** For `shouldUpgradeCallback`: false keeps the request in HTTP, as a plain one. */
  isWanted(request: IncomingMessage): boolean;
  /** For `upgrade`. */
  accept(request: IncomingMessage, socket: Socket, first: Buffer): void;
  /** Breaks off whatever came in here and is not over. */
  closeAll(): void;
}>;

export type UpgradeDoorDeps = Readonly<{
  handle: FrontDoor;
  /** Whether a route that may match the target takes upgrades. Its own conditions are asked later, as for any request. */
  isUpgradable: (target: string) => boolean;
  /** Ends those that speak WebSocket already, and says why in their log lines. */
  endOpen: () => void;
}>;

/** Without a byte while the answer is in HTTP still. */
const stalledMs = 60_000;

/**
 * From the `upgrade` event on the socket is nobody's: Node has let go of it, errors and time limits included. So it is
 * looked after here until it is closed. The request goes the way of all others.
 */
export const createUpgradeDoor = ({ handle, isUpgradable, endOpen }: UpgradeDoorDeps): UpgradeDoor => {
  const sockets = new Set<Socket>();

  return {
    isWanted: (request) => mayUpgrade(request) && isUpgradable(request.url ?? ''),
    accept: (request, socket, first) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.setTimeout(stalledMs, () => socket.destroy());
      handle(request, new UpgradeResponse(request, socket, first), false);
    },
    closeAll: () => {
      endOpen();
      for (const socket of sockets) socket.destroy();
    },
  };
};
