import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node keeps of an answer and its socket, and has no public names for. */
export type HttpSocket = Socket & { _httpMessage?: ServerResponse | null };
type Answer = ServerResponse & { _last?: boolean };

/** Whether an earlier request of this connection has no whole answer yet. */
export const isBusy = (socket: Socket): boolean => currentOf(socket) !== undefined;

/**
 * Requests that came before the answers to those in front of them. Node hands them over as fast as it reads them, so one
 * that follows a refusal which ends the connection would still be carried out, with nobody left to hear of it: after
 * broken framing it may be no request at all (RFC 9112 §9.6, §11.2).
 */
export type Turns = Readonly<{
  /** Asked once for each request that has to wait; false: forget it, the connection ends before its turn. */
  mayFollow(socket: Socket, response: ServerResponse): boolean;
}>;

export const createTurns = (): Turns => {
  const latest = new WeakMap<Socket, Answer>();

  return {
    mayFollow: (socket, response) => {
      const waiting = latest.get(socket);
      const before = waiting === undefined || waiting.writableFinished ? currentOf(socket) : waiting;
      if (before !== undefined && (before._last === true || !before.shouldKeepAlive)) {
        latest.set(socket, before);
        return false;
      }
      latest.set(socket, response);
      return true;
    },
  };
};

const currentOf = (socket: HttpSocket): Answer | undefined => socket._httpMessage ?? undefined;
