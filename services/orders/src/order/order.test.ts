import type { OrderItem } from '@gatehouse/contracts';
import { specFor } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { lineLimit, orderDecider, totalOf } from './order.ts';
import type { OrderCommand, OrderEvent } from './order-messages.ts';

const { given } = specFor(orderDecider);

const at = '2026-01-05T09:00:00.000Z';
const later = '2026-01-05T10:00:00.000Z';
const line = (productId: string, quantity = 1, amount = 500, currency = 'EUR'): OrderItem => ({
  productId,
  name: `Product ${productId}`,
  quantity,
  price: { amount, currency },
});

const created: OrderEvent = { type: 'order-created', customerId: 'ann', items: [], at };
const itemAdded: OrderEvent = { type: 'order-item-added', item: line('tea', 2), at };
const requested: OrderEvent = { type: 'order-confirmation-requested', at };
const confirmed: OrderEvent = { type: 'order-confirmed', at };
const rejected: OrderEvent = { type: 'order-rejected', reason: 'out_of_stock', at };
const cancelled: OrderEvent = { type: 'order-cancelled', reason: 'requested', returnsStock: false, at };

const draft = [created, itemAdded];
const confirming = [...draft, requested];

describe('creating an order', () => {
  const create: OrderCommand = { type: 'create-order', customerId: 'ann', items: [line('tea')], at };

  it('begins a draft with its items', () =>
    given()
      .when(create)
      .then({ type: 'order-created', customerId: 'ann', items: [line('tea')], at }));
  it('begins an empty draft too', () =>
    given()
      .when({ ...create, items: [] })
      .then(created));
  it('refuses prices in two currencies', () =>
    given()
      .when({ ...create, items: [line('tea'), line('jam', 1, 500, 'USD')] })
      .thenRefuses('mixed_currencies'));
  it('refuses more lines than an order has', () =>
    given()
      .when({ ...create, items: Array.from({ length: lineLimit + 1 }, (_, index) => line(String(index))) })
      .thenRefuses('order_full'));
  it('says nothing when it is made already', () => given(created).when(create).thenNothing());
});

describe('adding an item', () => {
  const add = (item: OrderItem): OrderCommand => ({ type: 'add-item', item, at: later });

  it('is a new line', () =>
    given(created)
      .when(add(line('tea', 2)))
      .then({ type: 'order-item-added', item: line('tea', 2), at: later }));
  it('is more of a line that is there, at the price of today', () =>
    given(...draft)
      .when(add(line('tea', 3, 700)))
      .then({ type: 'order-item-added', item: line('tea', 5, 700), at: later }));
  it('refuses another currency', () =>
    given(...draft)
      .when(add(line('jam', 1, 500, 'USD')))
      .thenRefuses('mixed_currencies'));
  it('takes another currency when it is the only line’s', () =>
    given(...draft)
      .when(add(line('tea', 1, 500, 'USD')))
      .then({ type: 'order-item-added', item: line('tea', 3, 500, 'USD'), at: later }));
  it('refuses more of one product than an order has', () =>
    given(...draft)
      .when(add(line('tea', 999)))
      .thenRefuses('order_full'));
  it('refuses when it is asked for already', () =>
    given(...confirming)
      .when(add(line('jam')))
      .thenRefuses('order_not_draft'));
  it('refuses where there is no order', () =>
    given()
      .when(add(line('jam')))
      .thenRefuses('not_found'));
});

describe('changing a quantity', () => {
  const change = (quantity: number, productId = 'tea'): OrderCommand => ({
    type: 'change-quantity',
    productId,
    quantity,
    at,
  });

  it('is noted', () =>
    given(...draft)
      .when(change(7))
      .then({ type: 'order-quantity-changed', productId: 'tea', quantity: 7, at }));
  it('says nothing when it is that already', () =>
    given(...draft)
      .when(change(2))
      .thenNothing());
  it('refuses a line that is not there', () =>
    given(...draft)
      .when(change(1, 'jam'))
      .thenRefuses('not_found'));
  it('refuses more than an order has', () =>
    given(...draft)
      .when(change(1001))
      .thenRefuses('order_full'));
  it('refuses when it is confirmed', () =>
    given(...confirming, confirmed)
      .when(change(1))
      .thenRefuses('order_not_draft'));
});

describe('removing an item', () => {
  const remove = (productId: string): OrderCommand => ({ type: 'remove-item', productId, at });

  it('takes the line out', () =>
    given(...draft)
      .when(remove('tea'))
      .then({ type: 'order-item-removed', productId: 'tea', at }));
  it('says nothing when it is not there', () =>
    given(...draft)
      .when(remove('jam'))
      .thenNothing());
  it('refuses when it is cancelled', () =>
    given(...draft, cancelled)
      .when(remove('tea'))
      .thenRefuses('order_not_draft'));
});

describe('confirming an order', () => {
  const confirm: OrderCommand = { type: 'confirm-order', at };

  it('asks for stock', () =>
    given(...draft)
      .when(confirm)
      .then(requested));
  it('says nothing when it is asked already', () =>
    given(...confirming)
      .when(confirm)
      .thenNothing());
  it('says nothing when it is confirmed already', () =>
    given(...confirming, confirmed)
      .when(confirm)
      .thenNothing());
  it('refuses an empty order', () => given(created).when(confirm).thenRefuses('order_empty'));
  it('refuses an order that became empty', () =>
    given(...draft, { type: 'order-item-removed', productId: 'tea', at })
      .when(confirm)
      .thenRefuses('order_empty'));
  it('refuses a rejected one', () =>
    given(...confirming, rejected)
      .when(confirm)
      .thenRefuses('order_not_draft'));
});

describe('accepting an order, its stock set aside', () => {
  const accept: OrderCommand = { type: 'accept-order', at };

  it('confirms it', () =>
    given(...confirming)
      .when(accept)
      .then(confirmed));
  it('says nothing when it is confirmed already', () =>
    given(...confirming, confirmed)
      .when(accept)
      .thenNothing());
  it('refuses when it was cancelled meanwhile', () =>
    given(...confirming, cancelled)
      .when(accept)
      .thenRefuses('order_not_confirming'));
});

describe('rejecting an order', () => {
  const reject: OrderCommand = { type: 'reject-order', reason: 'out_of_stock', at };

  it('ends it, with the reason', () =>
    given(...confirming)
      .when(reject)
      .then(rejected));
  it('says nothing when it is rejected already', () =>
    given(...confirming, rejected)
      .when(reject)
      .thenNothing());
  it('refuses when it is confirmed', () =>
    given(...confirming, confirmed)
      .when(reject)
      .thenRefuses('order_not_confirming'));
});

describe('an order whose time is over', () => {
  const expire: OrderCommand = { type: 'expire-order', at };

  it('is rejected while it waits for its stock', () =>
    given(...confirming)
      .when(expire)
      .then({ ...rejected, reason: 'timed_out' }));
  it.each([
    ['a draft', draft],
    ['a confirmed one', [...confirming, confirmed]],
    ['a rejected one', [...confirming, rejected]],
    ['a cancelled one', [...confirming, cancelled]],
  ])('stays as it is when it is %s', (_, history) =>
    given(...history)
      .when(expire)
      .thenNothing(),
  );
  it('refuses where there is no order', () => given().when(expire).thenRefuses('not_found'));
});

describe('cancelling an order', () => {
  const cancel: OrderCommand = { type: 'cancel-order', reason: 'requested', at };

  it('ends a draft', () =>
    given(...draft)
      .when(cancel)
      .then(cancelled));
  it('ends one that waits for stock, which has none to give back', () =>
    given(...confirming)
      .when(cancel)
      .then(cancelled));
  it('gives back the stock of a confirmed one', () =>
    given(...confirming, confirmed)
      .when(cancel)
      .then({ ...cancelled, returnsStock: true }));
  it('says nothing when it is cancelled already', () =>
    given(...confirming, confirmed, { ...cancelled, returnsStock: true })
      .when(cancel)
      .thenNothing());
  it('refuses a rejected one', () =>
    given(...confirming, rejected)
      .when(cancel)
      .thenRefuses('order_not_cancellable'));
  it('refuses where there is no order', () => given().when(cancel).thenRefuses('not_found'));
});

describe('the total of an order', () => {
  it('is nothing while it is empty', () => expect(totalOf([])).toBeNull());
  it('counts every line by its quantity', () =>
    expect(totalOf([line('tea', 2, 500), line('jam', 3, 199)])).toEqual({ amount: 1597, currency: 'EUR' }));
});
