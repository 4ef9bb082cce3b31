import { isIPv6 } from 'node:net';
import type { Clock } from '@gatehouse/resilience';
import { atTurnEnd, type TurnTask } from '../../at-turn-end.ts';
import { Call } from './call.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { ConnectionError } from './connection-error.ts';
import { FreeConnections } from './free-connections.ts';
import type { AnswerHandler, OutgoingRequest } from './outgoing-request.ts';
import { type RequestHead, toRequestHead } from './request-head.ts';

export type PoolOptions = Readonly<{
  /** An address or a name. */
  host: string;
  port: number;
  /** At most so many at once; undefined: one for each request in flight. */
  connections?: number | undefined;
  connectTimeoutMs: number;
  /** How long a connection may idle, unless the service says less. */
  idleMs: number;
  clock: Pick<Clock, 'monotonic' | 'schedule'>;
}>;

/** Requests that wait for a connection at once. */
const mostWaiting = 10_000;

/**
 * The connections to one server, over HTTP/1.1 in clear: one request at a time on each, opened as they are needed. Keeps no
 * time for requests and tries none again: that is its caller's.
 *
 * Requests are given their connections once in each turn of the event loop, after the machine was asked for what came in.
 * So a connection that the service closed or sent something unasked on is known before a request goes out on it, and what
 * follows an answer does not pass for the answer to the next request.
 */
export class ConnectionPool implements ConnectionOwner, TurnTask {
  closed = false;
  private readonly connections = new Set<Connection>();
  private waiting: Call[] = [];
  /** Empty but within a turn. */
  private served: Call[] = [];
  private isTurning = false;
  private readonly most: number;
  private readonly hostLine: string;
  private readonly free: FreeConnections;
  private readonly drained = Promise.withResolvers<void>();
  private readonly options: PoolOptions;

  constructor(options: PoolOptions) {
    const { host, port, connections, clock } = options;
    this.options = options;
    this.most = connections ?? Number.POSITIVE_INFINITY;
    this.hostLine = `host: ${isIPv6(host) ? `[${host}]` : host}${port === 80 ? '' : `:${port}`}\r\n`;
    this.free = new FreeConnections(clock);
  }

  /** Connections that are open or being opened. */
  get openCount(): number {
    return this.connections.size;
  }

  /** Sends a request. What goes wrong is told to the handler: within this call, where it cannot be sent at all. */
  dispatch(request: OutgoingRequest, handler: AnswerHandler): void {
    let head: RequestHead;
    try {
      if (this.closed) throw new ConnectionError('UPSTREAM_CLOSED', 'The connections are closed.');
      if (this.waiting.length >= mostWaiting)
        throw new ConnectionError('ENOBUFS', 'Too many requests wait for a connection.');
      head = toRequestHead(request, this.hostLine);
    } catch (error) {
      handler.onResponseError(null, error as Error);
      return;
    }
    this.waiting.push(new Call(request, head, handler));
    this.turn();
  }

  /** Takes no more requests, and closes once those that are here have ended. */
  close(): Promise<void> {
    this.closed = true;
    this.free.closeAll();
    this.endIfDrained();
    return this.drained.promise;
  }

  /** Breaks off whatever is under way. */
  destroy(): Promise<void> {
    this.closed = true;
    const error = new ConnectionError('UPSTREAM_CLOSED', 'The connections were closed.');
    for (const call of this.waiting.splice(0)) call.handler.onResponseError(null, error);
    for (const connection of [...this.connections]) connection.close(error);
    return this.close();
  }

  onFree(connection: Connection, idleMs: number): void {
    if (this.closed && this.waiting.length === 0) {
      connection.close(undefined);
      return;
    }
    const { clock, idleMs: mostMs } = this.options;
    connection.freeUntilMs = clock.monotonic() + Math.min(idleMs, mostMs);
    this.free.add(connection);
    this.turn();
  }

  onGone(connection: Connection): void {
    this.connections.delete(connection);
    if (this.waiting.length > 0) this.turn();
    this.endIfDrained();
  }

  /** Gives those that wait their connections, and gets those ready that became free. */
  atTurnEnd(): void {
    const { free } = this;
    this.isTurning = false;
    if (this.waiting.length > 0) this.serveWaiting();
    free.settle();
    if (this.waiting.length > 0) {
      if (free.hasReady) this.turn();
    } else if (this.closed) free.closeAll();
  }

  private turn(): void {
    if (this.isTurning) return;
    this.isTurning = true;
    atTurnEnd(this);
  }

  private serveWaiting(): void {
    const { free, waiting } = this;
    this.waiting = this.served;
    this.served = waiting;
    const nowMs = this.options.clock.monotonic();
    // For those that were freed in this turn it is cheaper to wait for the next one than to open more.
    let mayWait = free.freshCount;
    for (let index = 0; index < waiting.length; index += 1) {
      const call = waiting[index] as Call;
      const connection = free.take(nowMs);
      if (connection !== undefined) connection.send(call);
      else if (mayWait > 0 || this.connections.size >= this.most) {
        mayWait -= 1;
        this.waiting.push(call);
      } else this.connections.add(new Connection(this.options, call, this));
    }
    waiting.length = 0;
  }

  private endIfDrained(): void {
    if (this.closed && this.connections.size === 0 && this.waiting.length === 0) this.drained.resolve();
  }
}
