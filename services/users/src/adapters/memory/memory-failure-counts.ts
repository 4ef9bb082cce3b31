import type { FailureCounts } from '../../application/ports.ts';
import type { Origin } from '../../domain/sign-in-limits.ts';

const rememberedNetworks = 20;

export const createMemoryFailureCounts = (): FailureCounts => {
  /** When each count is empty again, in ms since the epoch. */
  const emptyAt = new Map<string, number>();
  const known = new Map<string, string[]>();
  const networksOf = ({ account }: Origin) => known.get(account) ?? [];

  return {
    isKnown: async (origin) => networksOf(origin).includes(origin.network),
    async take(counts, nowMs) {
      const next = counts.map((count) => {
        const at = emptyAt.get(count.key) ?? 0;
        // Fuller than full: written while a clock was ahead.
        const isOfNow = at >= nowMs && at <= nowMs + (count.burst + 1) * count.refillMs;
        return { ...count, at: (isOfNow ? at : nowMs) + count.refillMs };
      });
      const full = next.find(({ at, burst, refillMs }) => at - nowMs > burst * refillMs);
      if (full !== undefined) return { retryAfterMs: full.at - nowMs - full.burst * full.refillMs };
      for (const { key, at } of next) emptyAt.set(key, at);
      return undefined;
    },
    async giveBack(counts) {
      for (const { key, refillMs } of counts) emptyAt.set(key, (emptyAt.get(key) ?? 0) - refillMs);
    },
    async remember(origin) {
      const others = networksOf(origin).filter((network) => network !== origin.network);
      known.set(origin.account, [origin.network, ...others].slice(0, rememberedNetworks));
    },
  };
};
