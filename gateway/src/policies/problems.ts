import { toAppError } from '@gatehouse/errors';
import { answerProblem } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import type { Handler } from '../policy.ts';

/** Turns whatever is thrown below, at once or later, into the one form of failure that clients see. */
export const problems = (
  next: Handler,
  onInternal: (exchange: Exchange, error: unknown) => void,
): Handler => {
  const answer = (exchange: Exchange, thrown: unknown): void => {
    const error = toAppError(thrown);
    if (error.kind === 'internal') onInternal(exchange, error);
    answerProblem(exchange, error);
  };

  return function answerFailures(exchange) {
    try {
      return next(exchange)?.catch((error: unknown) => answer(exchange, error));
    } catch (error) {
      return answer(exchange, error);
    }
  };
};
