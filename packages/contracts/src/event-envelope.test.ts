import { describe, expect, it } from 'vitest';
import { eventEnvelope, id, money, timestamp } from './index.ts';

const envelope = {
  specversion: '1.0',
  id: '01930000-0000-7000-8000-000000000001',
  source: 'gatehouse/posts',
  type: 'gatehouse.post.deleted.v1',
  subject: '01930000-0000-7000-8000-000000000002',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  data: { any: ['thing'] },
  correlationid: 'request-1',
  aggregateversion: 3,
};

describe('an envelope from a wire', () => {
  it('is taken as it is', () => {
    expect(eventEnvelope.parse(envelope)).toEqual(envelope);
    const traced = { ...envelope, causationid: 'event-0', traceparent: '00-abc-def-01' };
    expect(eventEnvelope.parse(traced)).toEqual(traced);
  });

  it('loses attributes that nobody knows', () => {
    expect(eventEnvelope.parse({ ...envelope, partitionkey: 'x' })).toEqual(envelope);
  });

  it.each([
    ['another version', { specversion: '0.3' }],
    ['no type of ours', { type: 'com.example.created' }],
    ['an empty subject', { subject: '' }],
    ['a local time', { time: '2026-01-01T00:00:00+01:00' }],
    ['a version that is none', { aggregateversion: -1 }],
    ['an endless correlation', { correlationid: 'x'.repeat(129) }],
  ])('is refused with %s', (_, part) => {
    expect(eventEnvelope.safeParse({ ...envelope, ...part }).success).toBe(false);
  });
});

describe('shared values', () => {
  it('an id is made lower-case, as PostgreSQL answers it', () => {
    expect(id.parse('01930000-0000-7000-8000-00000000ABCD')).toBe('01930000-0000-7000-8000-00000000abcd');
    expect(id.safeParse('7').success).toBe(false);
  });

  it('money is whole minor units of a currency', () => {
    expect(money.parse({ amount: 1999, currency: 'EUR' })).toEqual({ amount: 1999, currency: 'EUR' });
    expect(money.safeParse({ amount: 19.99, currency: 'EUR' }).success).toBe(false);
    expect(money.safeParse({ amount: 1, currency: 'eur' }).success).toBe(false);
  });

  it('a timestamp is in UTC', () => {
    expect(timestamp.safeParse('2026-02-30T00:00:00.000Z').success).toBe(false);
    expect(timestamp.safeParse(new Date(0).toISOString()).success).toBe(true);
  });
});
