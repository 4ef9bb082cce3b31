import type { Clock } from '@gatehouse/resilience';
import { createLoop } from '../loop.ts';
import { openPace, type Pace, paceAfter, paceAt, type TryOutcome } from './pace.ts';

/** The messages of one aggregate for one consumer: processed one after the other, in order of arrival. */
export type Lane = Readonly<{ consumer: string; key: string }>;

/** `more`: the lane has a message that can be tried at once. `error`: what is away. */
export type LaneStep = Readonly<{ outcome: TryOutcome; more: boolean; error?: unknown }>;

/** The inbox as the lanes see it. Other instances use it at the same time. */
export type LaneStore = Readonly<{
  /** Lanes whose oldest pending message is due, longest waiting first. */
  findReady(consumers: readonly string[], limit: number): Promise<readonly Lane[]>;
  /** Tries the oldest message of a lane once. `nothing`: it is not due, or another instance has it. */
  processNext(lane: Lane): Promise<LaneStep | 'nothing'>;
}>;

export type Lanes = Readonly<{
  start(): void;
  /** Takes nothing new; resolves when what is in hand is done. */
  stop(): Promise<void>;
  /** Something was stored. */
  wake(): void;
  add(consumer: string): void;
  /** Resolves when its messages in hand are done. */
  remove(consumer: string): Promise<void>;
  isBusy(): boolean;
}>;

export type LanesDeps = Readonly<{
  store: LaneStore;
  clock: Clock;
  /** Lanes at work at once, over all consumers. */
  workers: number;
  pollMs: number;
  /** 0 to 1, as `Math.random`. */
  random?: () => number;
  onError: (error: unknown, errorsInRow: number) => void;
  /** A consumer stops for a moment because something is away; told once for each outage. */
  onPause: (consumer: string, error: unknown) => void;
}>;

/** More than the workers of all instances together: those whose lanes are taken elsewhere are passed over. */
const readyLimit = 100;
/** Messages that a lane may do before others get its worker. */
const messagesPerTurn = 50;

type Consumer = {
  pace: Pace;
  readonly atWork: Set<Promise<void>>;
  isLeaving: boolean;
  /** Of the timer that ends its pause. */
  cancelWake: () => void;
};

/**
 * Hands the lanes that are ready to the workers: at most one worker to a lane, as many at once as the consumer's pace
 * allows. Which instance gets a message is decided by the store alone; what is kept here only saves asking in vain.
 */
export const createLanes = (deps: LanesDeps): Lanes => {
  const { store, clock, workers, pollMs, random = Math.random } = deps;
  const consumers = new Map<string, Consumer>();
  const busy = new Set<string>();
  /** Lanes that another instance has in hand, until when not to ask again. */
  const takenElsewhere = new Map<string, number>();
  /** Ready when the store was asked last, and not begun yet: one question serves many turns. */
  let upcoming: Lane[] = [];
  let isStopped = true;

  const look = async (): Promise<'again' | undefined> => {
    const nowMs = clock.monotonic();
    for (const [id, untilMs] of takenElsewhere) if (untilMs <= nowMs) takenElsewhere.delete(id);
    for (const consumer of consumers.values()) consumer.pace = paceAt(consumer.pace, nowMs);
    if (beginUpcoming()) return undefined;
    const willing = [...consumers].filter(([, consumer]) => mayStart(consumer)).map(([name]) => name);
    if (willing.length === 0 || busy.size >= workers) return undefined;

    const busyBefore = new Set(busy);
    const ready = await store.findReady(willing, readyLimit);
    // One that ended after the store was asked: what was seen of it may be old.
    const endedMeanwhile = ready.some((lane) => busyBefore.has(laneId(lane)) && !busy.has(laneId(lane)));
    upcoming = spread(ready.filter((lane) => !busyBefore.has(laneId(lane))));
    return !beginUpcoming() && endedMeanwhile && !isStopped ? 'again' : undefined;
  };

  /** Of more lanes than workers each instance begins with others, or all would ask for the same ones and find them taken. */
  const spread = (lanes: Lane[]): Lane[] => {
    if (lanes.length <= workers) return lanes;
    const first = Math.floor(random() * lanes.length);
    return [...lanes.slice(first), ...lanes.slice(0, first)];
  };

  /** Whether some are left, for when a worker is free. Those that may not start are left to a later question. */
  const beginUpcoming = (): boolean => {
    if (isStopped) upcoming = [];
    while (busy.size < workers) {
      const lane = upcoming.shift();
      if (lane === undefined) return false;
      const id = laneId(lane);
      const consumer = consumers.get(lane.consumer);
      if (busy.has(id) || takenElsewhere.has(id) || consumer === undefined || !mayStart(consumer)) continue;
      begin(lane, consumer);
    }
    return upcoming.length > 0;
  };

  const loop = createLoop({ clock, intervalMs: () => pollMs, task: look, onError: deps.onError });

  const begin = (lane: Lane, consumer: Consumer): void => {
    const id = laneId(lane);
    busy.add(id);
    const work = runTurn(lane, consumer).finally(() => {
      busy.delete(id);
      consumer.atWork.delete(work);
      if (!beginUpcoming()) loop.wake();
    });
    consumer.atWork.add(work);
  };

  const runTurn = async (lane: Lane, consumer: Consumer): Promise<void> => {
    for (let turn = 0; turn < messagesPerTurn; turn++) {
      const step = await store
        .processNext(lane)
        .catch((error: unknown): LaneStep => ({ outcome: 'away', more: false, error }));
      if (step === 'nothing') {
        if (turn === 0) takenElsewhere.set(laneId(lane), clock.monotonic() + pollMs);
        // Others are at work there too: what was seen is old.
        upcoming = [];
        return;
      }
      adjustPace(lane.consumer, consumer, step);
      if (!step.more || !mayGoOn(consumer)) return;
    }
  };

  const adjustPace = (name: string, consumer: Consumer, { outcome, error }: LaneStep): void => {
    const nowMs = clock.monotonic();
    const before = consumer.pace;
    const pace = paceAfter(before, outcome, nowMs);
    consumer.pace = pace;
    if (pace === before || pace.mode !== 'paused') return;
    if (pace.pauses === 1) deps.onPause(name, error);
    consumer.cancelWake();
    consumer.cancelWake = clock.schedule(pace.untilMs - nowMs, loop.wake);
  };

  const mayStart = ({ pace, atWork, isLeaving }: Consumer): boolean =>
    !isLeaving && (pace.mode === 'open' || (pace.mode === 'careful' && atWork.size === 0));

  const mayGoOn = ({ pace, atWork, isLeaving }: Consumer): boolean =>
    !isStopped && !isLeaving && (pace.mode === 'open' || (pace.mode === 'careful' && atWork.size === 1));

  return {
    start: () => {
      isStopped = false;
      loop.start();
    },
    stop: async () => {
      isStopped = true;
      await loop.stop();
      await Promise.all([...consumers.values()].flatMap(({ atWork }) => [...atWork]));
      for (const { cancelWake } of consumers.values()) cancelWake();
    },
    wake: loop.wake,
    add: (name) => {
      consumers.set(name, { pace: openPace, atWork: new Set(), isLeaving: false, cancelWake: () => {} });
      loop.wake();
    },
    remove: async (name) => {
      const consumer = consumers.get(name);
      if (consumer === undefined) return;
      consumer.isLeaving = true;
      await Promise.all(consumer.atWork);
      consumer.cancelWake();
      if (consumers.get(name) === consumer) consumers.delete(name);
    },
    isBusy: () => busy.size > 0,
  };
};

const laneId = ({ consumer, key }: Lane): string => `${consumer} ${key}`;
