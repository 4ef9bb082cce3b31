import type { Clock } from '@gatehouse/resilience';
import { type DedicatedConnection, openDedicatedConnection } from './dedicated-connection.ts';

export type ListenOptions = Readonly<{
  url: string;
  channels: readonly string[];
  /** `payload` is empty when notifications may have been missed: on every (re)connect, for each channel. */
  onNotification: (channel: string, payload: string) => void;
  clock: Clock;
  /** Told of each connection that was lost or could not be made. */
  onError?: (error: unknown) => void;
  random?: () => number;
}>;

export type Listening = Readonly<{ close(): Promise<void> }>;

const firstDelayMs = 100;
const maxDelayMs = 5_000;

/**
 * Listens on a connection of its own, and connects again for ever with back-off (100 ms to 5 s). A hint, never a
 * delivery: what must not be missed is polled for as well.
 */
export const listen = (options: ListenOptions): Listening => {
  const { url, channels, onNotification, clock, onError = () => {}, random = Math.random } = options;
  let connection: DedicatedConnection | undefined;
  let closed = false;
  let failures = 0;
  let cancelRetry = (): void => {};
  let connecting: Promise<void> = Promise.resolve();

  const connectLater = (error: unknown): void => {
    if (closed) return;
    onError(error);
    const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(failures, 10));
    failures += 1;
    cancelRetry = clock.schedule(delayMs * (0.5 + random() / 2), () => {
      connecting = connect();
    });
  };

  const connect = async (): Promise<void> => {
    let opened: DedicatedConnection | undefined;
    let lost = false;
    const onLost = (error: unknown): void => {
      if (lost) return;
      lost = true;
      connection = undefined;
      connectLater(error);
    };
    try {
      opened = await openDedicatedConnection({ url, applicationName: 'gatehouse listen', clock, onLost });
      opened.client.on('notification', ({ channel, payload }) => onNotification(channel, payload ?? ''));
      for (const channel of channels)
        await opened.client.query(`listen ${opened.client.escapeIdentifier(channel)}`);
    } catch (error) {
      await opened?.close().catch(() => {});
      onLost(error);
      return;
    }
    if (lost) return;
    connection = opened;
    failures = 0;
    for (const channel of channels) onNotification(channel, '');
  };

  connecting = connect();

  return {
    async close() {
      closed = true;
      cancelRetry();
      await connecting;
      await connection?.close();
    },
  };
};
