import { AppError, errorKinds } from '@gatehouse/errors';
import { describe, expect, it } from 'vitest';
import { faultOf } from './fault.ts';

const errorOf = (kind: (typeof errorKinds)[number]) => new AppError({ code: 'some_code', kind, message: '' });

describe('what a failure says about its message', () => {
  it('nothing, when what the handler needs is away', () => {
    expect(faultOf(errorOf('unavailable'))).toBe('away');
    expect(faultOf(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))).toBe('away');
  });

  it('that it is hopeless, when it cannot be read', () => {
    expect(faultOf(errorOf('malformed'))).toBe('hopeless');
  });

  it('that it may work next time, in every other case', () => {
    const others = errorKinds.filter((kind) => kind !== 'unavailable' && kind !== 'malformed');
    expect(others.map((kind) => faultOf(errorOf(kind)))).toEqual(others.map(() => 'try-again'));
    expect(faultOf(new TypeError('a bug'))).toBe('try-again');
    expect(faultOf('a string')).toBe('try-again');
  });
});
