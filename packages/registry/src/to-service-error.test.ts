import { describe, expect, it } from 'vitest';
import { toServiceError } from './to-service-error.ts';

const refusal = (status: number, body: unknown, retryAfter?: string) =>
  toServiceError({ service: 'orders', status, body, retryAfter });

describe('a refusal of a service', () => {
  it('keeps its code, its message and its fields', () => {
    const errors = [{ path: '/items/0/quantity', message: 'At least 1.' }];

    expect(
      refusal(422, { code: 'validation_failed', title: 'Invalid', detail: 'Look again.', errors }),
    ).toMatchObject({
      code: 'validation_failed',
      kind: 'invalid',
      message: 'Look again.',
      details: { service: 'orders', status: 422, errors },
    });
  });

  it.each([
    [400, 'malformed'],
    [401, 'unauthenticated'],
    [403, 'forbidden'],
    [404, 'not-found'],
    [409, 'conflict'],
    [412, 'stale'],
    [422, 'invalid'],
    [429, 'throttled'],
    [500, 'internal'],
    [503, 'unavailable'],
    [504, 'timeout'],
  ])('with %d is of kind %s', (status, kind) => {
    expect(refusal(status, { code: 'some_code' }).kind).toBe(kind);
  });

  it('says when to come back', () => {
    expect(refusal(503, { code: 'overloaded' }, '7').details.retryAfterSeconds).toBe(7);
    expect(refusal(503, { code: 'overloaded' }, 'soon').details).not.toHaveProperty('retryAfterSeconds');
  });

  it.each([undefined, null, 'text', [], { code: 7 }])('without a code gets one of ours (%j)', (body) => {
    expect(refusal(503, body)).toMatchObject({ code: 'service_unavailable', kind: 'unavailable' });
    expect(refusal(418, body)).toMatchObject({ code: 'bad_service_answer' });
  });

  it('passes no fields on that are of another shape', () => {
    expect(
      refusal(422, { code: 'x', errors: [{ path: 1 }, null, { path: '/a', message: 'b' }] }).details.errors,
    ).toEqual([{ path: '/a', message: 'b' }]);
  });
});
