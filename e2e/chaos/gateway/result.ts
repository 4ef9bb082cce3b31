/** What an experiment printed, and whether its bounds were kept and its fault really happened. */
export type Result = Readonly<
  { holds: boolean; proved: boolean; disturbed?: boolean } & Record<string, unknown>
>;

type Bounds = Readonly<Record<string, boolean>>;

export type Judged = Readonly<{
  facts: Readonly<Record<string, unknown>>;
  /** Whether the fault happened. */
  proved: boolean;
  /** What has to be true, by its name. */
  bounds: Bounds;
  /** The same, of times. */
  timed?: Bounds;
  /** How late the load was in sending, and whether the run is a short one. */
  load?: Readonly<{ lateP99Ms: number; short: boolean }>;
}>;

/** Later than this, and the load itself was short of a processor: what it measures is this machine, not the gateway. */
const disturbedFromMs = 10;

/** A short run, which may stand beside any other work, says nothing about times where it was disturbed; a long one has to. */
export const judge = ({ facts, proved, bounds, timed = {}, load }: Judged): Result => {
  const isDisturbed = load !== undefined && load.lateP99Ms > disturbedFromMs;
  const isTimeless = isDisturbed && load.short;
  const broken = [...brokenOf(bounds), ...(isTimeless ? [] : brokenOf(timed))];
  return {
    ...facts,
    ...(load === undefined ? {} : { lateP99Ms: load.lateP99Ms, disturbed: isDisturbed }),
    ...(isTimeless && Object.keys(timed).length > 0 ? { notJudgedOnABusyMachine: Object.keys(timed) } : {}),
    proved,
    ...(broken.length > 0 ? { broken } : {}),
    holds: proved && broken.length === 0,
  };
};

const brokenOf = (bounds: Bounds): readonly string[] => Object.keys(bounds).filter((name) => !bounds[name]);
