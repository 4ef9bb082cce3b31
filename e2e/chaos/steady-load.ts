import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from '../src/client.ts';

export type LoadCounts = {
  sent: number;
  /** Not 2xx, or no answer at all, by what it was. */
  failed: Record<string, number>;
  slowestMs: number;
};

type Line = `GET /${string}`;

/**
 * Sends idempotent requests one after the other on each of `lanes` until `enough` says so, at most `perSecond` in all: a steady load,
 * so that a fault meets requests under way.
 */
export const steadyLoad = async (o: {
  calls: readonly Call[];
  lines: readonly Line[];
  lanes: number;
  perSecond: number;
  enough: (counts: LoadCounts) => boolean;
}): Promise<LoadCounts> => {
  const counts: LoadCounts = { sent: 0, failed: {}, slowestMs: 0 };
  const gapMs = (1000 / o.perSecond) * o.lanes;
  const lane = async (): Promise<void> => {
    while (!o.enough(counts)) {
      const n = counts.sent++;
      const startedAt = performance.now();
      const call = o.calls[n % o.calls.length] as Call;
      const line = o.lines[n % o.lines.length] as Line;
      const outcome = await call(line).then(
        ({ status, body }) => (status < 300 ? undefined : `${status} ${body?.code ?? ''}`.trim()),
        (error: Error) => `no answer: ${(error.cause as Error | undefined)?.message ?? error.message}`,
      );
      if (outcome !== undefined) counts.failed[outcome] = (counts.failed[outcome] ?? 0) + 1;
      const tookMs = performance.now() - startedAt;
      counts.slowestMs = Math.max(counts.slowestMs, Math.round(tookMs));
      await delay(Math.max(0, gapMs - tookMs));
    }
  };
  await Promise.all(Array.from({ length: o.lanes }, lane));
  return counts;
};

export const failures = ({ failed }: LoadCounts): number =>
  Object.values(failed).reduce((sum, count) => sum + count, 0);
