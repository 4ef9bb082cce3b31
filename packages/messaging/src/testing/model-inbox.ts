import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@gatehouse/resilience';
import type { Lane, LaneStep, LaneStore } from '../inbox/lanes.ts';
import { defaultRetryPolicy, nextTryAfter } from '../inbox/retry-policy.ts';

/** What a message does, try by try: `slow` takes a while and goes on with the next word; after the last, its `end`. */
export type ModelMessage = Readonly<{
  consumer: string;
  key: string;
  script: readonly ('fail' | 'away' | 'throw' | 'slow')[];
  /** `hopeless`: a dead letter at once; `never`: fails every time. */
  end: 'done' | 'hopeless' | 'never';
}>;

type Row = ModelMessage & {
  left: string[];
  state: 'pending' | 'done' | 'dead';
  attempts: number;
  dueMs: number;
};

type Try = Readonly<{
  consumer: string;
  outcome: string;
  beganAt: number;
  endedAt: number;
  /** Tries of the same consumer in hand when it began, itself included. */
  atOnce: number;
}>;

/** The inbox table as a model: one lock a row, as PostgreSQL keeps it, and a watch over what must never happen. */
export const createModelInbox = (messages: readonly ModelMessage[], clock: Clock) => {
  const rows = messages.map(
    (message): Row => ({ ...message, left: [...message.script], state: 'pending', attempts: 0, dueMs: 0 }),
  );
  const inHand = new Set<Row>();
  const violations: string[] = [];
  const log: Try[] = [];
  const begun = Promise.withResolvers<void>();
  let exhausted = 0;
  let mostAtOnce = 0;
  let steps = 0;

  const headOf = ({ consumer, key }: Lane): Row | undefined =>
    rows.find((row) => row.consumer === consumer && row.key === key && row.state === 'pending');

  const settle = (row: Row, word: string): LaneStep => {
    if (word === 'away') return { outcome: 'away', more: false };
    if (word === 'throw') throw new RangeError('the database is away');
    if (word === 'done') {
      row.state = 'done';
      return { outcome: 'done', more: headOf(row) !== undefined };
    }
    row.attempts += 1;
    const next = nextTryAfter(row.attempts, defaultRetryPolicy);
    if (word === 'hopeless' || next.status === 'dead-letter') {
      row.state = 'dead';
      if (row.end === 'done') exhausted += 1;
      return { outcome: 'dead-letter', more: true };
    }
    row.dueMs = clock.monotonic() + next.delaySeconds * 1000;
    return { outcome: 'failed', more: next.delaySeconds === 0 };
  };

  const processNext = async (lane: Lane): Promise<LaneStep | 'nothing'> => {
    await nextTurn();
    const row = headOf(lane);
    if (row === undefined || inHand.has(row) || row.dueMs > clock.monotonic()) return 'nothing';
    if ([...inHand].some(({ consumer, key }) => consumer === lane.consumer && key === lane.key))
      violations.push(`two at once: ${lane.consumer} ${lane.key}`);
    inHand.add(row);
    begun.resolve();
    mostAtOnce = Math.max(mostAtOnce, inHand.size);
    const beganAt = ++steps;
    const atOnce = [...inHand].filter(({ consumer }) => consumer === lane.consumer).length;
    let outcome = 'threw';
    try {
      await nextTurn();
      while (row.left[0] === 'slow') {
        row.left.shift();
        await nextTurn();
      }
      const step = settle(row, row.left.shift() ?? (row.end === 'never' ? 'fail' : row.end));
      outcome = step.outcome;
      return step;
    } finally {
      inHand.delete(row);
      log.push({ consumer: lane.consumer, outcome, beganAt, endedAt: ++steps, atOnce });
    }
  };

  const findReady = async (consumers: readonly string[], limit: number): Promise<readonly Lane[]> => {
    const ready = rows.filter(
      (row) => consumers.includes(row.consumer) && headOf(row) === row && row.dueMs <= clock.monotonic(),
    );
    await nextTurn();
    return ready.slice(0, limit).map(({ consumer, key }) => ({ consumer, key }));
  };

  return {
    store: (): LaneStore => ({ findReady, processNext }),
    isSettled: () => rows.every(({ state }) => state !== 'pending'),
    deadLetters: () => rows.filter(({ state }) => state === 'dead').length,
    /** Dead letters of messages that would have succeeded in the end. */
    exhausted: () => exhausted,
    attempts: (place: number) => rows[place]?.attempts,
    violations: () => violations,
    mostAtOnce: () => mostAtOnce,
    log: () => log,
    untilBegun: () => begun.promise,
  };
};
