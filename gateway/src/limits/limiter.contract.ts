import { describe, expect, it } from 'vitest';
import { type Adapter, expectPublished } from './contract-page.ts';
import type { Limiter } from './limiter.ts';

/** A limiter that nobody has used, and that has enough time for its answers. */
export type LimiterUnderTest = Readonly<{
  limiter: Limiter;
  /** Another limiter on the same store, or the same one where there is no store to share. */
  other: Limiter;
  /** Lets time pass for everything that was counted. */
  elapse(ms: number): Promise<void>;
}>;

type LimiterPromise = Readonly<{
  promise: string;
  keeps: (subject: LimiterUnderTest) => Promise<void>;
}>;

/** So long a window that nothing comes back while a test runs. */
const hourMs = 3_600_000;
const three = { limit: 3, windowMs: hourMs };
const partMs = hourMs / 3;

/** What the headers say: whole seconds, rounded up. */
const seconds = (left: number): number => Math.ceil(-left / 1000);

const takeAll = async (limiters: readonly Limiter[], times: number, limit: number): Promise<number> => {
  const takes = Array.from({ length: times }, (_, index) =>
    limiters[index % limiters.length]?.take('many', { limit, windowMs: hourMs }),
  );
  return (await Promise.all(takes)).filter((left) => left !== undefined && left >= 0).length;
};

/** What whoever uses the port may rely on, whatever the adapter. `docs/reference/limits.md` is this list. */
const limiterContract: readonly LimiterPromise[] = [
  {
    promise: 'gives the whole limit at once, and tells what is left',
    keeps: async ({ limiter }) => {
      expect(await limiter.take('a', three)).toBe(2);
      expect(await limiter.take('a', three)).toBe(1);
      expect(await limiter.take('a', three)).toBe(0);
    },
  },
  {
    promise: 'refuses over it, and tells in how many seconds there is one',
    keeps: async ({ limiter, elapse }) => {
      for (let index = 0; index < 3; index += 1) await limiter.take('a', three);
      expect(seconds(await limiter.take('a', three))).toBe(1200);
      await elapse(partMs / 2);
      expect(seconds(await limiter.take('a', three))).toBe(600);
    },
  },
  {
    promise: 'takes nothing when it refuses',
    keeps: async ({ limiter, elapse }) => {
      for (let index = 0; index < 10; index += 1) await limiter.take('a', three);
      await elapse(partMs);
      expect(await limiter.take('a', three)).toBe(0);
    },
  },
  {
    promise: 'gives one back after each part of the window, not before',
    keeps: async ({ limiter, elapse }) => {
      for (let index = 0; index < 3; index += 1) await limiter.take('a', three);
      await elapse(partMs - 60_000);
      expect(await limiter.take('a', three)).toBeLessThan(0);
      await elapse(60_000);
      expect(await limiter.take('a', three)).toBe(0);
      expect(await limiter.take('a', three)).toBeLessThan(0);
    },
  },
  {
    promise: 'gives everything back, and no more, after a window of silence',
    keeps: async ({ limiter, elapse }) => {
      for (let index = 0; index < 5; index += 1) await limiter.take('a', three);
      await elapse(10 * hourMs);
      expect(await limiter.take('a', three)).toBe(2);
    },
  },
  {
    promise: 'counts each key by itself, whatever is in it',
    keeps: async ({ limiter }) => {
      const keys = ['a', 'b', 'address|2001:db8::', '{}', '}{', 'ü \r\n$0', ''];
      for (const key of keys) expect(await limiter.take(key, three)).toBe(2);
      for (const key of keys) expect(await limiter.take(key, three)).toBe(1);
    },
  },
  {
    promise: 'lets exactly 100 of 1 000 through that come at once on a limit of 100',
    keeps: async ({ limiter }) => {
      expect(await takeAll([limiter], 1000, 100)).toBe(100);
    },
  },
  {
    promise: 'lets exactly 100 of 1 000 through that come by two gateways at once on a limit of 100',
    keeps: async ({ limiter, other }) => {
      expect(await takeAll([limiter, other], 1000, 100)).toBe(100);
    },
  },
  {
    promise: 'loses none of an uneven limit to rounding, also when it is used for long',
    keeps: async ({ limiter, elapse }) => {
      expect(await takeAll([limiter], 600, 577)).toBe(577);
      for (let index = 0; index < 3; index += 1) {
        await elapse(hourMs);
        expect(await takeAll([limiter], 600, 577)).toBe(577);
      }
    },
  },
  {
    promise: 'goes on from what is taken when the figures of a key change',
    keeps: async ({ limiter }) => {
      for (let index = 0; index < 3; index += 1) await limiter.take('a', three);
      expect(await limiter.take('a', { limit: 6, windowMs: hourMs })).toBeLessThan(0);
      expect(await limiter.take('a', { limit: 6, windowMs: 2 * hourMs })).toBe(2);
    },
  },
  {
    promise: 'takes from two keys in one question, and from the second only if the first has one left',
    keeps: async ({ limiter }) => {
      const both = () =>
        limiter.takeBoth(
          { key: 'first', limit: { limit: 2, windowMs: hourMs } },
          { key: 'second', limit: three },
        );
      expect(await both()).toEqual({ first: 1, second: 2 });
      expect(await both()).toEqual({ first: 0, second: 1 });
      const refused = await both();
      expect([seconds(refused.first), refused.second]).toEqual([1800, undefined]);
      expect(await limiter.take('second', three)).toBe(0);
    },
  },
  {
    promise: 'tells how long what it has just refused has nothing left, without asking',
    keeps: async ({ limiter }) => {
      expect(limiter.emptyForMs('a', three)).toBe(0);
      for (let index = 0; index < 3; index += 1) await limiter.take('a', three);
      expect(seconds(-limiter.emptyForMs('a', three))).toBe(1200);
    },
  },
  {
    promise: 'lists the keys it has seen that have something taken, the latest used last',
    keeps: async ({ limiter }) => {
      await limiter.take('a', three);
      await limiter.take('b', three);
      await limiter.take('b', three);
      const listed = limiter.list(10).map(({ key, wholeInMs }) => [key, Math.ceil(wholeInMs / 60_000)]);
      expect(listed).toEqual([
        ['a', 20],
        ['b', 40],
      ]);
      expect(limiter.list(1).map(({ key }) => key)).toEqual(['b']);
    },
  },
  {
    promise: 'gives a key everything back when told to, for all gateways',
    keeps: async ({ limiter, other }) => {
      for (let index = 0; index < 4; index += 1) await limiter.take('a', three);
      expect(await other.clear('a')).toBe(true);
      expect(await limiter.take('a', three)).toBe(2);
      expect(await limiter.clear('never used')).toBe(false);
    },
  },
];

export const describeLimiter = (adapter: Adapter, open: () => Promise<LimiterUnderTest>): void => {
  describe(`the ${adapter} limiter, as every limiter,`, () => {
    const outcomes = new Map<string, 'kept' | 'broken'>();

    it.each(limiterContract)('$promise', async ({ promise, keeps }) => {
      outcomes.set(promise, 'broken');
      const subject = await open();
      await keeps(subject);
      expect(subject.limiter.report().fallbacks).toBe(0); // it was this adapter that kept it
      outcomes.set(promise, 'kept');
    });

    it('is as docs/reference/limits.md says', () => expectPublished(adapter, outcomes));
  });
};
