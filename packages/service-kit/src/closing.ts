import { systemClock, wait } from '@gatehouse/resilience';
import type { Logger } from 'pino';

const TOTAL_MS = 9_500;

/** How a service ends, in this order, and how long each part may take: in all 9.5 s at most, whatever hangs. */
const limitsMs = {
  registration: 1_000,
  http: 4_500,
  background: 2_000,
  projections: 3_000,
  messaging: 5_000,
  plugins: 2_000,
  tokens: 1_000,
  tracing: 2_500,
  client: 500,
  database: 2_000,
} as const;

type Part = keyof typeof limitsMs;

/** What was opened and has to be closed, also when the start fails half-way. */
export type Closing = Readonly<{
  /** Several of one part are closed at once. A `close` that is too slow or rejects is logged, and the next part has its turn. */
  add(part: Part, close: () => Promise<void>): void;
  /** The second call waits for the first. */
  closeAll(): Promise<void>;
}>;

/** By the machine's clock, not an injected one: a test that holds the time still must be able to stop what it started. */
export const createClosing = (logger: Logger): Closing => {
  const closes = new Map<Part, (() => Promise<void>)[]>();
  let closing: Promise<void> | undefined;

  const closePart = async (part: Part, limitMs: number): Promise<void> => {
    const ended = new AbortController();
    const work = Promise.all(
      (closes.get(part) ?? []).map(async (close) => {
        try {
          await close();
        } catch (err) {
          logger.warn({ err, part }, 'a part did not close well');
        }
      }),
    ).finally(() => ended.abort());
    const late = wait(systemClock, limitMs, ended.signal).then(
      () => logger.warn({ part, limitMs }, 'a part was too slow to close'),
      () => {}, // it has ended in time
    );
    await Promise.race([work, late]);
  };

  const closeAll = async (): Promise<void> => {
    const endsAt = systemClock.monotonic() + TOTAL_MS;
    for (const [part, limitMs] of Object.entries(limitsMs) as [Part, number][])
      await closePart(part, Math.max(0, Math.min(limitMs, endsAt - systemClock.monotonic())));
  };

  return {
    add: (part, close) => void closes.set(part, [...(closes.get(part) ?? []), close]),
    closeAll: () => {
      closing ??= closeAll();
      return closing;
    },
  };
};
