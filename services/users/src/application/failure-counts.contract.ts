import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FailureCounts } from './ports.ts';

export type OpenFailureCounts = () => Promise<
  Readonly<{ failures: FailureCounts; close: () => Promise<void> }>
>;

/** What every adapter that counts failures promises. */
export const failureCountsContract = (name: string, open: OpenFailureCounts): void => {
  describe(`${name} as counts of failures`, () => {
    let opened: Awaited<ReturnType<OpenFailureCounts>>;
    let number = 0;

    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    const newCount = (burst: number) => {
      number += 1;
      return { key: `count ${number}`, burst, refillMs: 1_000 };
    };
    const nowMs = Date.UTC(2026, 0, 1);

    it('take as many as the burst, then one for each refill', async () => {
      const { failures } = opened;
      const count = newCount(2);

      expect(await failures.take([count], nowMs)).toBeUndefined();
      expect(await failures.take([count], nowMs)).toBeUndefined();
      expect(await failures.take([count], nowMs + 250)).toEqual({ retryAfterMs: 750 });
      expect(await failures.take([count], nowMs + 1_000)).toBeUndefined();
      expect(await failures.take([count], nowMs + 1_000)).toEqual({ retryAfterMs: 1_000 });
    });

    it('take in all of them or in none', async () => {
      const { failures } = opened;
      const [wide, narrow] = [newCount(2), newCount(1)];
      await failures.take([wide, narrow], nowMs);

      expect(await failures.take([wide, narrow], nowMs)).toEqual({ retryAfterMs: 1_000 });
      expect(await failures.take([wide], nowMs)).toBeUndefined();
    });

    it('give back what was no failure', async () => {
      const { failures } = opened;
      const count = newCount(1);
      await failures.take([count], nowMs);
      await failures.giveBack([count]);

      expect(await failures.take([count], nowMs)).toBeUndefined();
    });

    it('lock nobody out for the hour that a clock was ahead', async () => {
      const { failures } = opened;
      const count = newCount(1);
      await failures.take([count], nowMs + 3_600_000);

      expect(await failures.take([count], nowMs)).toBeUndefined();
      expect(await failures.take([count], nowMs)).toEqual({ retryAfterMs: 1_000 });
    });

    it('let exactly the burst through of many at once', async () => {
      const { failures } = opened;
      const count = newCount(3);
      const answers = await Promise.all(Array.from({ length: 12 }, () => failures.take([count], nowMs)));

      expect(answers.filter((answer) => answer === undefined)).toHaveLength(3);
    });

    it('remember where the owner was, the last twenty places', async () => {
      const { failures } = opened;
      const account = 'ann@example.com';
      for (let place = 0; place <= 20; place += 1)
        await failures.remember({ account, network: `place ${place}` }, nowMs + place);

      expect(await failures.isKnown({ account, network: 'place 20' })).toBe(true);
      expect(await failures.isKnown({ account, network: 'place 0' })).toBe(false);
      expect(await failures.isKnown({ account: 'bob@example.com', network: 'place 20' })).toBe(false);
    });
  });
};
