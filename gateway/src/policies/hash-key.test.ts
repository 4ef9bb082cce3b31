import { describe, expect, it } from 'vitest';
import { createTestExchange } from '../fixture/create-test-exchange.ts';
import { hashKeyOf } from './hash-key.ts';

describe('consistent hash: what a request is told apart by', () => {
  const exchangeWith = (headers: Record<string, string> = {}) => createTestExchange({ headers }).exchange;

  it('is a header', () => {
    const keyOf = hashKeyOf({ by: 'header', name: 'x-tenant' });

    expect([keyOf(exchangeWith({ 'x-tenant': 'a' })), keyOf(exchangeWith())]).toEqual(['a', undefined]);
  });

  it('is a cookie, the first of that name', () => {
    const keyOf = hashKeyOf({ by: 'cookie', name: 'sid' });

    expect(keyOf(exchangeWith({ cookie: 'asid=0; sid=1;sid=2' }))).toBe('1');
    expect([keyOf(exchangeWith({ cookie: 'asid=0' })), keyOf(exchangeWith())]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('is a parameter of the query', () => {
    const keyOf = hashKeyOf({ by: 'query', name: 'q' });
    const asked = exchangeWith();
    asked.query = '?p=1&q=a%20b';

    expect([keyOf(asked), keyOf(exchangeWith())]).toEqual(['a b', undefined]);
  });

  it('is who calls, or the address', () => {
    const keyOf = hashKeyOf({ by: 'principal' });
    const signedIn = exchangeWith();
    signedIn.principal = { id: 'u1' } as NonNullable<typeof signedIn.principal>;

    expect([keyOf(signedIn), keyOf(exchangeWith())]).toEqual(['u1', '192.0.2.1']);
  });
});
