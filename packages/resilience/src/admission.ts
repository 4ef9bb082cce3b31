import { areManySheds, createLimitJudge, type LimitBounds } from './limit-judge.ts';

/** Who is let in first when there is not room for all, the most important first. */
export const priorities = ['health', 'admin', 'signed-in', 'anonymous'] as const;
export type Priority = (typeof priorities)[number];

/**
 * How a try ended.
 * - `answered`: its time is a sample. Also one that was given up for its time: it took at least so long.
 * - `shed`: the service said that it has too much to do.
 * - `unknown`: its time says nothing (the client hung up, a broken connection, an answer that waits on purpose).
 */
export type TryEnd = 'answered' | 'shed' | 'unknown';

export type AdmissionReport = Readonly<{
  limit: number;
  inFlight: number;
  /** Since the start. */
  refused: Readonly<Record<Priority, number>>;
}>;

/**
 * The door of one service: how many tries it has at once, and who may come. The limit follows how the service answers
 * (`limit-judge.ts`), in windows of at least 100 ms and 10 answers (or 1 s and one) whose tries began in them, so that each
 * change is judged by what came after it. No timer, no queue, nothing made for a request. Times are monotonic milliseconds.
 *
 * Nobody waits at the door: the limit leaves room for a wait of some 200 ms in the service itself, so its queue does not
 * run dry for want of one here, and a refusal costs nothing and comes at once. Of the limit, the less important may use
 * less (`anonymous` 70%, `signed-in` 90%): what is left is free for the others at any moment, just after a cut by a fifth too. `health` may go half beyond
 * it, up to the largest, since just after a cut all of the limit is in use.
 */
export type Admission = Readonly<{
  /** Whether a request may come in now. Counts refusals; `begin` counts what comes in. */
  admit(priority: Priority, nowMs: number): boolean;
  /** A try is sent. */
  begin(nowMs: number): void;
  /** It has its answer's head, or will have none. Once for each `begin`. */
  end(end: TryEnd, beganAtMs: number, nowMs: number): void;
  /** Whether it has too much to do, by what was seen in the last second: no time to send anything twice. */
  isOverloaded(nowMs: number): boolean;
  report(): AdmissionReport;
  configure(bounds: LimitBounds): void;
}>;

const shares: Readonly<Record<Priority, number>> = {
  health: 1.5,
  admin: 1,
  'signed-in': 0.9,
  anonymous: 0.7,
};

const windowMs = 100;
const windowAnswers = 10;
const longestWindowMs = 1000;
const restMs = 1000;
const overloadedForMs = 1000;

export const createAdmission = (bounds: LimitBounds): Admission => {
  let { max } = bounds;
  const judge = createLimitJudge(bounds);
  const room: Record<Priority, number> = { health: 0, admin: 0, 'signed-in': 0, anonymous: 0 };
  const refused: Record<Priority, number> = { health: 0, admin: 0, 'signed-in': 0, anonymous: 0 };
  let inFlight = 0;
  let answered = 0;
  let shed = 0;
  let peak = 0;
  let wasRefused = false;
  // Fractions in an object are written in place; in variables of a closure each would be a new number on the heap.
  const times = {
    windowAtMs: Number.NEGATIVE_INFINITY,
    sumMs: 0.1,
    endedAtMs: Number.NEGATIVE_INFINITY,
    overAtMs: Number.NEGATIVE_INFINITY,
  };

  const makeRoom = (): void => {
    const limit = judge.limit();
    for (const priority of priorities) {
      room[priority] = Math.min(max, Math.ceil(limit * shares[priority]));
    }
  };

  const openWindow = (nowMs: number): void => {
    times.windowAtMs = nowMs;
    times.sumMs = 0;
    answered = 0;
    shed = 0;
    // Counted at the beginnings alone: right after a cut more are under way than may begin.
    peak = 0;
    wasRefused = false;
  };

  const judgeWindow = (nowMs: number): void => {
    const meanMs = answered === 0 ? undefined : times.sumMs / answered;
    const verdict = judge.judge({ meanMs, answered, shed, peak, refused: wasRefused });
    if (verdict === 'overloaded') times.overAtMs = nowMs;
    makeRoom();
    openWindow(nowMs);
  };

  const isFull = (nowMs: number): boolean => {
    const ageMs = nowMs - times.windowAtMs;
    const seen = answered + shed;
    return (ageMs >= windowMs && seen >= windowAnswers) || (ageMs >= longestWindowMs && seen > 0);
  };

  makeRoom();

  return {
    admit: (priority, nowMs) => {
      if (inFlight < room[priority]) return true;
      refused[priority] += 1;
      wasRefused = true;
      times.overAtMs = nowMs;
      return false;
    },
    begin: (nowMs) => {
      if (inFlight === 0 && nowMs - times.endedAtMs >= restMs) {
        judge.rest();
        makeRoom();
        openWindow(nowMs);
      }
      inFlight += 1;
      if (inFlight > peak) peak = inFlight;
    },
    end: (end, beganAtMs, nowMs) => {
      inFlight -= 1;
      times.endedAtMs = nowMs;
      // What began before the window says nothing about its limit.
      if (end === 'unknown' || beganAtMs < times.windowAtMs) return;
      if (end === 'shed') shed += 1;
      else {
        answered += 1;
        times.sumMs += nowMs - beganAtMs;
      }
      if (isFull(nowMs)) judgeWindow(nowMs);
    },
    isOverloaded: (nowMs) => nowMs - times.overAtMs < overloadedForMs || areManySheds(shed, answered),
    report: () => ({ limit: judge.limit(), inFlight, refused: { ...refused } }),
    configure: (next) => {
      ({ max } = next);
      judge.configure(next);
      makeRoom();
    },
  };
};
