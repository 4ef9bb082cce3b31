import type { SplitTarget } from '../config/route-settings.ts';
import type { Handler } from '../policy.ts';
import { createSplit } from '../routing/split.ts';

/**
 * Shares requests out between the places that a route may lead to, each with its own retries, instances and breaker. Chosen
 * once: every try of a request goes to the same place. Without a split there is one place, and nothing to choose.
 */
export const shareOut = (
  split: readonly SplitTarget[],
  places: readonly Handler[],
  random: () => number,
): Handler => {
  const [only] = places;
  if (split.length === 0 && only !== undefined) return only;
  const { choose } = createSplit(split, random);

  return function choosePlace(exchange) {
    return (places[choose(exchange.request.headers)] as Handler)(exchange);
  };
};
