import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEvent } from './define-event.ts';
import { eventCatalogue } from './event-catalogue.ts';
import { from, isVersionOf, upcastTo } from './upcasting.ts';

const PriceSetV1 = defineEvent({
  type: 'gatehouse.product.price_set.v1',
  description: 'In euros, with cents behind the point.',
  data: z.object({ euros: z.number() }),
});
const PriceSetV2 = defineEvent({
  type: 'gatehouse.product.price_set.v2',
  description: 'In cents.',
  data: z.object({ cents: z.int() }),
  former: from(PriceSetV1, ({ euros }) => ({ cents: Math.round(euros * 100) })),
});
const PriceSetV3 = defineEvent({
  type: 'gatehouse.product.price_set.v3',
  description: 'In minor units of a currency.',
  data: z.object({ amount: z.int(), currency: z.string() }),
  former: from(PriceSetV2, ({ cents }) => ({ amount: cents, currency: 'EUR' })),
});
const event = (type: string, data: unknown) => ({
  specversion: '1.0' as const,
  id: 'e',
  source: 'gatehouse/orders',
  type,
  subject: 'p',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json' as const,
  data,
  correlationid: 'c',
  aggregateversion: 1,
});

describe('upcasters are a pure chain', () => {
  it('an event of any earlier version is read as one of now', () => {
    expect(upcastTo(PriceSetV3, event(PriceSetV1.type, { euros: 19.99 }))).toMatchObject({
      data: { amount: 1999, currency: 'EUR' },
    });
    expect(upcastTo(PriceSetV3, event(PriceSetV2.type, { cents: 5 }))).toMatchObject({
      data: { amount: 5, currency: 'EUR' },
    });
    expect(upcastTo(PriceSetV3, event(PriceSetV3.type, { amount: 5, currency: 'SEK' }))).toMatchObject({
      data: { amount: 5, currency: 'SEK' },
    });
  });

  it('data is checked by the contract it was written by, and by each after it', () => {
    expect(upcastTo(PriceSetV3, event(PriceSetV1.type, { cents: 5 })).success).toBe(false);
    const broken = defineEvent({
      ...PriceSetV2,
      former: from(PriceSetV1, () => ({ cents: 'many' })),
    });
    expect(upcastTo(broken, event(PriceSetV1.type, { euros: 1 })).success).toBe(false);
  });

  it.each([0, 0.01, 19.99, 1e6])('the same data gives the same result, and is not changed: %d', (euros) => {
    const data = Object.freeze({ euros });
    const [one, two] = [1, 2].map(() => upcastTo(PriceSetV3, event(PriceSetV1.type, data)));
    expect(one).toEqual(two);
    expect(one).toMatchObject({ success: true, data: { amount: Math.round(euros * 100) } });
  });

  it('knows its own versions and no others', () => {
    expect(isVersionOf(PriceSetV3, PriceSetV1.type)).toBe(true);
    expect(isVersionOf(PriceSetV1, PriceSetV3.type)).toBe(false);
    expect(isVersionOf(PriceSetV3, 'gatehouse.product.created.v1')).toBe(false);
  });

  it('a step is from one version to the next of the same event', () => {
    const define = (type: 'gatehouse.product.price_set.v3' | 'gatehouse.product.created.v2') => () =>
      defineEvent({ type, description: '', data: z.object({}), former: from(PriceSetV1, () => ({})) });
    expect(define('gatehouse.product.price_set.v3')).toThrow(TypeError);
    expect(define('gatehouse.product.created.v2')).toThrow(TypeError);
  });

  it('every later version in the catalogue says how the one before becomes it', () => {
    const later = eventCatalogue.filter(({ version }) => version > 1);
    expect(later.filter(({ former }) => former === undefined).map(({ type }) => type)).toEqual([]);
    for (const { former } of later) expect(eventCatalogue).toContain(former?.definition);
  });
});
