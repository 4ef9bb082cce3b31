/** What was seen of a service for a short while. */
export type LoadWindow = Readonly<{
  /** Mean time to the answer of the tries that began in it, in milliseconds; undefined if none was answered. */
  meanMs: number | undefined;
  answered: number;
  /** Answers that said: too much (503). */
  shed: number;
  /** The most tries under way at once. */
  peak: number;
  /** Whether somebody was refused for want of room. */
  refused: boolean;
}>;

/** A few refusals of a service say that it can do without these requests, many that it has too many. */
export const areManySheds = (shed: number, answered: number): boolean =>
  shed >= 5 && shed * 5 >= answered + shed;

/** How many tries a service should have at once. */
export type LimitJudge = Readonly<{
  limit(): number;
  judge(window: LoadWindow): 'overloaded' | 'well';
  /** Nothing was asked for a while: what was learnt of its load is out of date, how long it takes is not. */
  rest(): void;
  configure(bounds: LimitBounds): void;
}>;

export type LimitBounds = Readonly<{ min: number; max: number }>;

/** Where it starts and where it comes back to in peace: no load of everyday comes near it. */
const peaceful = 200;
/** A wait of this long inside a service is nothing to act upon, whatever its usual time. */
const toleratedMs = 200;
const tolerance = 1.5;
const [deepestCut, shallowestCut] = [0.5, 0.8];
const shedCut = 0.9;
/** The least important may use 70% of the limit: what they fill is that much short of it. */
const peakToLimit = 1 / 0.7;
/** Below what was too much the last time, it feels its way up fast; from there on carefully. */
const [fast, careful] = [1.25, 1.05];
const [learnDown, learnUp] = [0.3, 0.02];

/** A cut that is being watched: what it was made from, and how often it has changed nothing. */
type Cut = Readonly<{ meanMs: number; peak: number; limitBefore: number; inVain: number }>;

/**
 * Finds the limit by how answers come: additive and multiplicative steps like TCP's, on the gradient between usual and
 * present time like Netflix's Gradient2 and Envoy's adaptive concurrency.
 *
 * - well, and the limit is felt (half of it in use, or somebody refused) or below its peaceful value: it grows.
 * - too slow (over 1.5 × the usual time + 200 ms) while it is felt: cut by a fifth, and once that has helped in
 *   proportion, up to a half.
 * - a fifth of the answers, and at least 5, are sheds: cut to nine tenths of what was in use.
 *
 * The usual time is learnt quickly downwards, and slowly upwards only while the limit is not felt, so that a queue does
 * not become usual. What is slow by nature is told from what queues by the cut itself: where requests queue, fewer at
 * once are answered sooner; where they do not, the cut changes nothing. After two cuts in vain the time counts as usual
 * and the limit is what it was. So a service that is slow, or has become slow, loses at most 36% of it, for two windows.
 */
export const createLimitJudge = (bounds: LimitBounds): LimitJudge => {
  let { min, max } = bounds;
  const within = (wanted: number): number => Math.max(min, Math.min(max, wanted));
  let limit = within(peaceful);
  let usualMs: number | undefined;
  let tooMuch = Number.POSITIVE_INFINITY;
  let cut: Cut | undefined;

  const learn = (meanMs: number, isFelt: boolean): void => {
    if (usualMs === undefined) usualMs = meanMs;
    else if (meanMs < usualMs) usualMs += (meanMs - usualMs) * learnDown;
    else if (!isFelt) usualMs += (meanMs - usualMs) * learnUp;
  };

  const grow = (): void => {
    limit = within(Math.max(limit + 1, limit * (limit < tooMuch ? fast : careful)));
  };

  const inUse = ({ peak }: LoadWindow): number => Math.min(limit, peak * peakToLimit);

  const cutTo = (wanted: number): void => {
    tooMuch = Math.min(limit, tooMuch);
    limit = within(wanted);
  };

  /** Whether the last cut changed nothing: the tries got fewer, the time did not follow by even half as much. */
  const wasInVain = ({ meanMs, peak }: LoadWindow, last: Cut): boolean => {
    const fewer = 1 - peak / last.peak;
    const sooner = 1 - (meanMs as number) / last.meanMs;
    return fewer > 0.1 && sooner < fewer / 2;
  };

  const cutForTime = (window: LoadWindow, allowedMs: number): void => {
    const meanMs = window.meanMs as number;
    const inVain = cut !== undefined && wasInVain(window, cut) ? cut.inVain + 1 : 0;
    if (cut !== undefined && inVain === 2) {
      usualMs = meanMs;
      limit = within(cut.limitBefore);
      tooMuch = Number.POSITIVE_INFINITY;
      cut = undefined;
      return;
    }
    const limitBefore = inVain > 0 && cut !== undefined ? cut.limitBefore : limit;
    const hasHelped = cut !== undefined && inVain === 0;
    cut = { meanMs, peak: window.peak, limitBefore, inVain };
    const deepest = hasHelped ? deepestCut : shallowestCut;
    cutTo(inUse(window) * Math.max(deepest, Math.min(shallowestCut, allowedMs / meanMs)));
  };

  return {
    limit: () => Math.floor(limit),
    judge: (window) => {
      const { meanMs, answered, shed, peak } = window;
      if (areManySheds(shed, answered)) {
        cut = undefined;
        cutTo(inUse(window) * shedCut);
        return 'overloaded';
      }
      const isFelt = window.refused || peak * 2 >= limit;
      if (meanMs === undefined) return 'well';
      const allowedMs = tolerance * (usualMs ?? meanMs) + toleratedMs;
      if (meanMs > allowedMs && isFelt) {
        cutForTime(window, allowedMs);
        return 'overloaded';
      }
      cut = undefined;
      learn(meanMs, isFelt);
      if (meanMs <= allowedMs && (isFelt || limit < peaceful)) grow();
      return 'well';
    },
    rest: () => {
      limit = Math.max(limit, within(peaceful));
      tooMuch = Number.POSITIVE_INFINITY;
      cut = undefined;
    },
    configure: (next) => {
      ({ min, max } = next);
      limit = within(limit);
    },
  };
};
