import type { IncomingMessage } from 'node:http';
import type { TryEnd } from '@gatehouse/resilience';
import type { Exchange } from '../exchange.ts';
import type { Failure } from '../upstream/failure.ts';
import { retryAfterSeconds } from '../upstream/relay-answer.ts';
import type { Outcome } from '../upstream/upstream-instance.ts';

/** The failure that a service's answer in HTTP says; undefined if it is well, and only does not want to. */
export const failureOf = ({ statusCode: status = 502, headers }: IncomingMessage): Failure | undefined => {
  if (status < 500) return undefined;
  const seconds = retryAfterSeconds(headers['retry-after']);
  return { kind: 'status', status, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) };
};

/** Tells instance and breaker that the service answered, whatever it said. */
export const judgeAnswer = ({ permit, instance }: Exchange, failure: Failure | undefined): void => {
  if (failure === undefined) {
    permit?.succeed();
    instance?.outcome('ok');
  } else if (failure.status === 503 && failure.retryAfterSeconds !== undefined) {
    // Alive, and refusing this one wish.
    permit?.release();
    instance?.outcome('ok');
  } else {
    permit?.fail(failure);
    instance?.outcome('failed');
  }
};

/** Tells them that there was no answer. An instance that cannot be reached is no fault of its service while another can. */
export const judgeSilence = ({ permit, instance, willRetry }: Exchange, failure: Failure): void => {
  instance?.outcome(outcomeOf(failure));
  if (willRetry && failure.kind === 'connect') permit?.release();
  else permit?.fail(failure);
};

/** What the door of the service learns of a try that ended so. */
export const doorEndOf = (failure: Failure | undefined): TryEnd => {
  if (failure === undefined || failure.kind === 'slow') return 'answered';
  return failure.status === 503 ? 'shed' : 'unknown';
};

const outcomeOf = ({ kind, cause }: Failure): Outcome => {
  switch (kind) {
    case 'connect':
      return cause === undefined ? 'slow' : 'refused';
    case 'reset':
    case 'status':
      return 'failed';
    case 'slow':
    case 'late':
      return 'slow';
  }
};
