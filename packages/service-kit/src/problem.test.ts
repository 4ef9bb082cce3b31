import { AppError, type ErrorKind, errorKinds } from '@gatehouse/errors';
import { describe, expect, it } from 'vitest';
import { HttpError } from './http-error.ts';
import { statusOfKind, toProblem } from './problem.ts';

const errorOf = (kind: ErrorKind, details = {}) =>
  new AppError({ code: 'some_code', kind, message: 'Said to people.', details, cause: new Error('hidden') });

describe('a kind of error', () => {
  it.each(errorKinds.map((kind) => [kind, statusOfKind[kind]] as const))(
    '%s is status %d',
    (kind, status) => {
      expect(toProblem(errorOf(kind), 'r').problem.status).toBe(status);
    },
  );

  it('internal never says more than that', () => {
    const { problem } = toProblem(
      errorOf('internal', { errors: [{ path: '/sql', message: 'select' }] }),
      'r',
    );

    expect(problem).toEqual({
      type: 'urn:gatehouse:problem:internal_error',
      title: 'Internal Server Error',
      status: 500,
      detail: 'Something went wrong on our side.',
      instance: 'r',
      code: 'internal_error',
    });
  });

  it('shows fields and nothing else of its details', () => {
    const errors = [{ path: '/a', message: 'odd' }];

    expect(toProblem(errorOf('invalid', { errors, host: 'db.internal' }), 'r').problem).toEqual({
      type: 'urn:gatehouse:problem:some_code',
      title: 'Unprocessable Entity',
      status: 422,
      detail: 'Said to people.',
      instance: 'r',
      code: 'some_code',
      errors,
    });
  });
});

describe('headers of a problem', () => {
  it.each([
    [errorOf('unavailable'), { 'Retry-After': '1' }],
    [errorOf('throttled', { retryAfterSeconds: 7.01 }), { 'Retry-After': '8' }],
    [errorOf('conflict', { retryAfterSeconds: 0 }), { 'Retry-After': '1' }],
    [errorOf('conflict'), {}],
    [errorOf('unauthenticated'), { 'WWW-Authenticate': 'Bearer' }],
    [new HttpError('method_not_allowed', { Allow: 'GET' }), { Allow: 'GET' }],
  ])('%s: %j', (error, headers) => {
    expect(toProblem(error, 'r').headers).toEqual(headers);
  });
});
