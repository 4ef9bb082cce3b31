import { describe, expect, it } from 'vitest';
import { requireCustomer, requireReader } from './order-access.ts';

const order = { customerId: 'ann' };
const ann = { id: 'ann', role: 'user' } as const;
const bob = { id: 'bob', role: 'user' } as const;
const admin = { id: 'root', role: 'admin' } as const;

describe('seeing an order', () => {
  it('is for its customer and administrators', () => {
    requireReader(ann, order);
    requireReader(admin, order);
  });
  it('tells nobody else that there is one', () => {
    expect(() => requireReader(bob, order)).toThrow(expect.objectContaining({ code: 'not_found' }));
    expect(() => requireReader(bob, undefined)).toThrow(expect.objectContaining({ code: 'not_found' }));
  });
});

describe('deciding about an order', () => {
  it('is for its customer', () => requireCustomer(ann, order));
  it('is forbidden to administrators, who know of it', () =>
    expect(() => requireCustomer(admin, order)).toThrow(expect.objectContaining({ code: 'forbidden' })));
  it('tells nobody else that there is one', () =>
    expect(() => requireCustomer(bob, order)).toThrow(expect.objectContaining({ code: 'not_found' })));
});
