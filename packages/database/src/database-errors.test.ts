import { AppError } from '@gatehouse/errors';
import { describe, expect, it } from 'vitest';
import { isDatabaseAway, isTransactionLost, isUniqueViolation, toDatabaseError } from './database-errors.ts';

const failing = (code: string | undefined, message = 'no', more: object = {}): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code }, more);

describe('an error of the database', () => {
  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOTFOUND',
    '08006',
    '53300',
    '53100',
    '57P01',
    '57P02',
    '57P03',
    '25006',
  ])('of code %s says that it is away', (code) => {
    expect(isDatabaseAway(failing(code))).toBe(true);
    expect(toDatabaseError(failing(code))).toMatchObject({
      code: 'database_unavailable',
      kind: 'unavailable',
      details: { retryAfterSeconds: 1 },
    });
  });

  it.each([
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
    'driver has already been destroyed',
  ])('without a code that says "%s" is one of the connection', (message) => {
    expect(isDatabaseAway(failing(undefined, message))).toBe(true);
  });

  it.each(['23505', '42P01', '22P02', '40001', '57014'])('of code %s is not of the connection', (code) => {
    expect(isDatabaseAway(failing(code))).toBe(false);
  });

  it('counts with what caused it', () => {
    expect(isDatabaseAway(new Error('outer', { cause: failing('ECONNRESET') }))).toBe(true);
  });

  it.each(['57014', '55P03', '25P03'])('of code %s is a time limit that was reached', (code) => {
    expect(toDatabaseError(failing(code))).toMatchObject({ code: 'database_timeout', kind: 'timeout' });
  });

  it.each(['40001', '40P01'])('of code %s is a race that was lost', (code) => {
    expect(isTransactionLost(failing(code))).toBe(true);
    expect(isTransactionLost(failing('23505'))).toBe(false);
  });

  it('tells which unique index refused', () => {
    const error = failing('23505', 'duplicate', { constraint: 'users_email_key' });

    expect(isUniqueViolation(error)).toBe(true);
    expect(isUniqueViolation(error, 'users_email_key')).toBe(true);
    expect(isUniqueViolation(error, 'users_pkey')).toBe(false);
  });

  it('stays as it is when it is none of these', () => {
    const refusal = new AppError({ code: 'order_empty', kind: 'conflict', message: 'no' });
    const bug = new TypeError('x is undefined');

    expect(toDatabaseError(refusal)).toBe(refusal);
    expect(toDatabaseError(bug)).toBe(bug);
    expect(toDatabaseError('thrown text')).toBe('thrown text');
  });
});
