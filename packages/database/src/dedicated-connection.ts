import { type Clock, type Repeating, repeat, systemClock } from '@gatehouse/resilience';
import pg from 'pg';

/**
 * A connection of its own, outside any pool, that is watched: a heartbeat every 5 s finds out within 10 s when the other
 * side is silently gone. `onLost` comes once, and never after `close`.
 */
export type DedicatedConnection = Readonly<{ client: pg.Client; close(): Promise<void> }>;

export type DedicatedConnectionOptions = Readonly<{
  url: string;
  applicationName: string;
  clock: Clock;
  onLost: (error: Error) => void;
}>;

const heartbeatMs = 5_000;
const goodbyeMs = 1_000;

export const openDedicatedConnection = async (
  options: DedicatedConnectionOptions,
): Promise<DedicatedConnection> => {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
    keepAlive: true,
  });
  let over = false;
  let heartbeat: Repeating | undefined;
  let cancelHeartbeat = (): void => {};
  const lose = (error: Error): void => {
    if (over) return;
    over = true;
    cancelHeartbeat();
    void heartbeat?.stop();
    void endClient(client);
    options.onLost(error);
  };
  client.on('error', lose);
  client.on('end', () => lose(new Error('Connection terminated unexpectedly')));
  try {
    await client.connect();
  } catch (error) {
    over = true;
    void endClient(client);
    throw error;
  }

  const beat = async (): Promise<void> => {
    await client.query('select 1');
  };
  cancelHeartbeat = options.clock.schedule(heartbeatMs, () => {
    heartbeat = repeat({
      clock: options.clock,
      intervalMs: heartbeatMs,
      task: beat,
      onError: (error) => lose(error as Error),
    });
  });

  return {
    client,
    async close() {
      over = true;
      cancelHeartbeat();
      await heartbeat?.stop();
      await endClient(client);
    },
  };
};

/** Says goodbye, and does not wait longer than a second for a server that does not take it. */
const endClient = async (client: pg.Client): Promise<void> => {
  const giveUp = systemClock.schedule(goodbyeMs, () => client.connection.stream.destroy());
  try {
    await client.end();
  } finally {
    giveUp();
  }
};
