import { toAppError } from '@gatehouse/errors';
import { answerProblem } from '../answer.ts';
import type { Exchange, Refuse } from '../exchange.ts';
import type { Handler } from '../policy.ts';
import type { AddressLimit } from './address-limit.ts';

export type RefuseDeps = Readonly<{
  onInternal: (exchange: Exchange, error: unknown) => void;
  addressLimit: Pick<AddressLimit, 'settle'>;
}>;

/**
 * Turns what was thrown into the one form of failure that clients see. A request that was not counted by its address yet
 * is counted first, and refused by that limit where it is one too many.
 */
export const createRefuse = ({ onInternal, addressLimit }: RefuseDeps): Refuse => {
  const answer = (exchange: Exchange, thrown: unknown): void => {
    const error = toAppError(thrown);
    if (error.kind === 'internal') onInternal(exchange, error);
    answerProblem(exchange, error);
  };

  return (exchange, thrown) => {
    const counting = addressLimit.settle(exchange);
    if (counting === undefined) answer(exchange, thrown);
    else void counting.then((refusal) => answer(exchange, refusal ?? thrown));
  };
};

/** Hands whatever is thrown below, at once or later, to `exchange.refuse`. */
export const problems = (next: Handler): ((exchange: Exchange) => void) =>
  function answerFailures(exchange) {
    try {
      next(exchange)?.catch((error: unknown) => exchange.refuse(exchange, error));
    } catch (error) {
      exchange.refuse(exchange, error);
    }
  };
