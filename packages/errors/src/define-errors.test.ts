import { describe, expect, it } from 'vitest';
import { AppError, defineErrors, isAppError, toAppError } from './index.ts';

const orderError = defineErrors({
  order_empty: ['conflict', 'An order needs at least one item.'],
  order_not_draft: ['conflict', 'Only a draft can be changed.'],
});

describe('an error of an area', () => {
  it('carries its code, its kind and its message', () => {
    const error = orderError('order_empty');

    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: 'order_empty',
      kind: 'conflict',
      message: 'An order needs at least one item.',
      details: {},
    });
  });

  it('keeps its details and what caused it', () => {
    const cause = new TypeError('no');

    expect(orderError('order_empty', { details: { orderId: '7' }, cause })).toMatchObject({
      details: { orderId: '7' },
      cause,
    });
  });

  it('may say more about the case at hand', () => {
    expect(orderError('order_not_draft', { message: 'It is confirmed.' }).message).toBe('It is confirmed.');
  });

  it('is listed in the table of its area', () => {
    expect(Object.keys(orderError.table)).toEqual(['order_empty', 'order_not_draft']);
  });
});

describe('something else that was thrown', () => {
  it('becomes an internal error that keeps the original as its cause', () => {
    const original = new RangeError('odd');

    expect(toAppError(original)).toMatchObject({ code: 'internal_error', kind: 'internal', cause: original });
  });

  it('is left as it is when it is an AppError already', () => {
    const error = orderError('order_empty');

    expect(toAppError(error)).toBe(error);
    expect(isAppError('order_empty')).toBe(false);
  });
});
