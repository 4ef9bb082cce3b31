import { systemClock } from '@gatehouse/resilience';
import { expect, onTestFinished } from 'vitest';
import { ConnectionPool, type PoolOptions } from './connection-pool.ts';
import { startRawServer } from './start-raw-server.ts';

export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export const openPool = (port: number, options: Partial<PoolOptions> = {}): ConnectionPool => {
  const pool = new ConnectionPool({
    ...{ host: '127.0.0.1', port, connectTimeoutMs: 1000, idleMs: 4000, clock: systemClock },
    ...options,
  });
  onTestFinished(() => pool.destroy());
  return pool;
};

/** A server that answers each head with the next of `answers`, and then with the last one again. */
export const startServer = (...answers: readonly string[]) => {
  let asked = 0;
  return startRawServer((socket, piece) => {
    for (const _head of piece.matchAll(/\r\n\r\n/g)) {
      socket.write(answers[Math.min(asked, answers.length - 1)] as string, 'latin1');
      asked += 1;
    }
  });
};

export const codeOf = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => 'answered',
    (error: { code?: string }) => error.code,
  );

/** Long enough that bytes on loopback have come, told by another connection and not by a clock. */
export const untilQuiet = async (pool: ConnectionPool, count: number): Promise<void> => {
  await expect.poll(() => pool.openCount).toBe(count);
};
