import type { Clock } from '@gatehouse/resilience';
import type { ServiceConfig } from '../../config/gateway-config.ts';
import { type Availability, availableOf, type Ejectable, type EjectionCause } from './availability.ts';

type EjectionSettings = Readonly<ServiceConfig['ejection']>;

/** What is kept of an instance in the instance itself, so that an answer that is well costs one assignment. */
export type HealthTarget = Ejectable & { failuresInARow: number };

export type Ejection = Readonly<{
  cause: EjectionCause;
  /** Milliseconds since the epoch. */
  since: number;
  /** How often in succession, this time included. */
  times: number;
  /** How often it was probed since. */
  probes: number;
}>;

type ByCause = Readonly<Record<EjectionCause, number>>;

export type HealthReport = Readonly<{
  mode: Availability;
  /** How many may get requests. */
  available: number;
  /** How many are out. */
  ejected: ByCause;
  /** How often an instance was ejected. */
  ejections: ByCause;
}>;

/**
 * Finds out from the requests themselves which instances are unwell, long before the registry does.
 *
 * - in: requests come. `failures` in a row eject it, unless that were more than `most` of all; a refused connection does at
 *   once, however many they are.
 * - out: no requests (but see `availability.ts`) for `firstMs`, doubling up to `longestMs` each time it is ejected again, up to
 *   a fifth shorter by chance, so that gateways do not probe in step. Whoever stays in for `longestMs` starts over.
 * - probed: that time is over, or nobody else is left. It is asked on `/readyz`, again and again at `firstMs`; the first good
 *   answer brings it in.
 *
 * What it is told of an instance that is out changes nothing, but for one: who refuses counts as refusing.
 */
export type PassiveHealth<T extends HealthTarget> = Readonly<{
  /** The instances that the registry lists: who is listed anew is in, who is not is forgotten. */
  follow(listed: readonly T[]): void;
  failed(target: T): void;
  refused(target: T): void;
  ejectionOf(target: T): Ejection | undefined;
  mode(): Availability;
  report(): HealthReport;
  stop(): void;
}>;

export type PassiveHealthDeps<T extends HealthTarget> = Readonly<{
  settings: () => EjectionSettings;
  /** Whether it says that it is ready. Never rejects, ends in time. */
  probe: (target: T) => Promise<boolean>;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  /** Somebody is out, or in again. */
  onChange: () => void;
}>;

type History<T> = {
  readonly target: T;
  times: number;
  /** Monotonic milliseconds. */
  returnedAtMs: number;
  out: Out | undefined;
};
type Out = { cause: EjectionCause; readonly since: number; probes: number; dueAtMs: number; cancel(): void };

const mostJitter = 0.2;

export const createPassiveHealth = <T extends HealthTarget>(deps: PassiveHealthDeps<T>): PassiveHealth<T> => {
  const { settings, probe, clock, random, onChange } = deps;
  const records = new Map<T, History<T>>();
  const ejections: Record<EjectionCause, number> = { failures: 0, refused: 0 };
  let listed: readonly T[] = [];

  const jittered = (delayMs: number): number => delayMs * (1 - mostJitter * random());
  const mode = (): Availability => availableOf(listed, settings().panic).mode;

  const schedule = (record: History<T>, out: Out, delayMs: number): void => {
    out.cancel();
    out.dueAtMs = clock.monotonic() + delayMs;
    out.cancel = clock.schedule(delayMs, () => void ask(record, out));
  };

  const ask = async (record: History<T>, out: Out): Promise<void> => {
    out.probes += 1;
    const passed = await probe(record.target);
    if (record.out !== out) return;
    if (passed) bringBack(record);
    else schedule(record, out, jittered(settings().firstMs));
  };

  const bringBack = (record: History<T>): void => {
    record.out = undefined;
    record.returnedAtMs = clock.monotonic();
    record.target.ejected = undefined;
    record.target.failuresInARow = 0;
    onChange();
  };

  const recordOf = (target: T): History<T> => {
    const known = records.get(target);
    if (known !== undefined) return known;
    const record = { target, times: 0, returnedAtMs: 0, out: undefined };
    records.set(target, record);
    return record;
  };

  const eject = (target: T, cause: EjectionCause): void => {
    const { firstMs, longestMs } = settings();
    const record = recordOf(target);
    const isSteady = clock.monotonic() - record.returnedAtMs >= longestMs;
    record.times = isSteady ? 1 : record.times + 1;
    const outForMs = Math.min(longestMs, firstMs * 2 ** (record.times - 1));
    const out: Out = { cause, since: clock.now(), probes: 0, dueAtMs: 0, cancel: () => {} };
    record.out = out;
    target.ejected = cause;
    ejections[cause] += 1;
    schedule(record, out, jittered(outForMs));
    changed();
  };

  const changed = (): void => {
    if (mode() === 'nobody') hurry();
    onChange();
  };

  /** With everybody out there is nothing to protect them from, and every moment counts. */
  const hurry = (): void => {
    const { firstMs } = settings();
    for (const record of records.values()) {
      const { out } = record;
      if (out !== undefined && out.dueAtMs - clock.monotonic() > firstMs)
        schedule(record, out, jittered(firstMs));
    }
  };

  const mayEjectOneMore = (): boolean => {
    const out = listed.reduce((count, { ejected }) => (ejected === undefined ? count : count + 1), 0);
    return out + 1 <= listed.length * settings().most;
  };

  const forget = (target: T): void => {
    const record = records.get(target);
    record?.out?.cancel();
    if (record !== undefined) record.out = undefined;
    records.delete(target);
  };

  const isListed = (target: T): boolean => listed.includes(target);

  return {
    follow: (next) => {
      listed = next;
      const stays = new Set(next);
      for (const target of records.keys()) if (!stays.has(target)) forget(target);
      if (mode() === 'nobody') hurry();
    },
    failed: (target) => {
      if (target.ejected !== undefined) return;
      target.failuresInARow += 1;
      if (target.failuresInARow >= settings().failures && isListed(target) && mayEjectOneMore())
        eject(target, 'failures');
    },
    refused: (target) => {
      if (!isListed(target) || target.ejected === 'refused') return;
      const { out } = recordOf(target);
      if (out === undefined) eject(target, 'refused');
      else {
        out.cause = 'refused';
        target.ejected = 'refused';
        changed();
      }
    },
    ejectionOf: (target) => {
      const record = records.get(target);
      if (record?.out === undefined) return undefined;
      const { cause, since, probes } = record.out;
      return { cause, since, times: record.times, probes };
    },
    mode,
    report: () => {
      const { mode: now, instances } = availableOf(listed, settings().panic);
      const ejected = { failures: 0, refused: 0 };
      for (const { ejected: cause } of listed) if (cause !== undefined) ejected[cause] += 1;
      return { mode: now, available: instances.length, ejected, ejections: { ...ejections } };
    },
    stop: () => {
      for (const target of [...records.keys()]) forget(target);
    },
  };
};
