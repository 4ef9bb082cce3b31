import type { Clock } from '@gatehouse/resilience';
import { countsFor, networkOf } from '../domain/sign-in-limits.ts';
import { userError } from '../domain/user-errors.ts';
import type { FailureCounts } from './ports.ts';

type Deps = Readonly<{
  failures: FailureCounts;
  /** Lets few through at a time, so that a rush of owners does not look like a rush of guesses. */
  admission: Readonly<{ run<T>(task: () => Promise<T>): Promise<T> }>;
  clock: Clock;
}>;

/** Who tries to prove to be whom, from where. `email` is normalised; `address` an IP address, unknown ones count as one. */
type Attempt = Readonly<{ email: string; address: string | undefined }>;

/**
 * Runs `prove`, which gives undefined when the password was wrong. Every attempt counts as a failure beforehand, so that many
 * at once are no way round; it is given back when it was none. Counted alike for addresses without an account.
 *
 * @throws rate_limited with `retryAfterSeconds`; overloaded
 */
export type SignInThrottle = <T>(
  attempt: Attempt,
  prove: () => Promise<T | undefined>,
) => Promise<T | undefined>;

export const createSignInThrottle =
  ({ failures, admission, clock }: Deps): SignInThrottle =>
  ({ email, address }, prove) =>
    admission.run(async () => {
      const origin = { account: email, network: networkOf(address) };
      const counts = countsFor(origin, await failures.isKnown(origin));
      const refused = await failures.take(counts, clock.now());
      if (refused !== undefined) {
        const retryAfterSeconds = Math.max(1, Math.ceil(refused.retryAfterMs / 1000));
        throw userError('rate_limited', { details: { retryAfterSeconds } });
      }
      try {
        const proof = await prove();
        if (proof !== undefined) {
          await failures.giveBack(counts);
          await failures.remember(origin, clock.now());
        }
        return proof;
      } catch (error) {
        // Too much load, a database away: that was no guess.
        await failures.giveBack(counts);
        throw error;
      }
    });
