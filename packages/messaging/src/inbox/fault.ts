import { isDatabaseAway } from '@gatehouse/database';
import { type ErrorKind, isAppError } from '@gatehouse/errors';

/**
 * What a handler's failure says about its message.
 *
 * - `away`: nothing; what it needs is not there. No attempt is counted, processing pauses.
 * - `try-again`: it may work next time. Counted.
 * - `hopeless`: it will never work as it is: a dead letter at once.
 */
export type Fault = 'away' | 'try-again' | 'hopeless';

export const faultOf = (error: unknown): Fault => {
  if (isAppError(error)) return faultOfKind(error.kind);
  return isDatabaseAway(error) ? 'away' : 'try-again';
};

const faultOfKind = (kind: ErrorKind): Fault => {
  switch (kind) {
    case 'unavailable':
      return 'away';
    case 'malformed':
      return 'hopeless';
    // Refusals too: what a message refers to may come with the next one.
    case 'invalid':
    case 'unauthenticated':
    case 'forbidden':
    case 'not-found':
    case 'conflict':
    case 'stale':
    case 'throttled':
    case 'timeout':
    case 'internal':
      return 'try-again';
  }
};
