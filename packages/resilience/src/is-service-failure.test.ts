import { AppError, type ErrorKind, errorKinds } from '@gatehouse/errors';
import { describe, expect, it } from 'vitest';
import { isServiceFailure } from './is-service-failure.ts';

const errorOf = (kind: ErrorKind, code = 'any_code') => new AppError({ code, kind, message: 'No.' });

describe('an error of a call', () => {
  it.each(errorKinds)('of kind %s speaks against the service only when it could not answer', (kind) => {
    expect(isServiceFailure(errorOf(kind))).toBe(['timeout', 'unavailable', 'internal'].includes(kind));
  });

  it.each(['circuit_open', 'overloaded'])('that we refused with ourselves (%s) does not', (code) => {
    expect(isServiceFailure(errorOf('unavailable', code))).toBe(false);
  });

  it('that came because the caller hung up does not', () => {
    expect(isServiceFailure(new DOMException('gone', 'AbortError'))).toBe(false);
  });

  it('that nobody knows does', () => {
    expect(isServiceFailure(new TypeError('odd'))).toBe(true);
    expect(isServiceFailure('odd')).toBe(true);
  });
});
