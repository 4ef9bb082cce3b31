/** An instance as its health goes: `ejected` says why it is left alone, undefined that it is not. */
export type Ejectable = { ejected: EjectionCause | undefined };

/** `failures`: so many in a row. `refused`: no connection came about. */
export type EjectionCause = 'failures' | 'refused';

/**
 * - `healthy`: who is ejected gets nothing.
 * - `panic`: too few are left to take everybody's requests, so health is ignored: rather some that may fail than all on few
 *   that would. Who refuses connections stays out: there is nothing to hope for.
 * - `nobody`: everyone refuses.
 */
export type Availability = 'healthy' | 'panic' | 'nobody';

export type Available<T> = Readonly<{ mode: Availability; instances: readonly T[] }>;

/** Who may get requests. `panicBelow` is the part (0 to 1) that must be well, or health is ignored. */
export const availableOf = <T extends Ejectable>(listed: readonly T[], panicBelow: number): Available<T> => {
  const well = listed.filter(({ ejected }) => ejected === undefined);
  if (well.length === listed.length) return { mode: 'healthy', instances: listed };
  if (well.length >= listed.length * panicBelow && well.length > 0)
    return { mode: 'healthy', instances: well };
  const answering = listed.filter(({ ejected }) => ejected !== 'refused');
  if (answering.length === 0) return { mode: 'nobody', instances: listed };
  return { mode: 'panic', instances: answering };
};
