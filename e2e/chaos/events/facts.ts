import type { UnderOrders } from './events-lab.ts';

/** From the last fault on. */
export const drainLimitMs = 30_000;

/** What every experiment prints. */
export const factsOf = ({ created, confirmAccepted, repeated, unanswered, ...rest }: UnderOrders) => ({
  orders: created,
  confirmations: confirmAccepted,
  repeatedAnswers: repeated,
  unanswered,
  ...rest,
});
