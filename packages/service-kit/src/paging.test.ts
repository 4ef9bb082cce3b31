import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createCursor, pageQuery, pageReply } from './paging.ts';

const cursor = createCursor(z.strictObject({ createdAt: z.iso.datetime(), id: z.uuid() }));
const position = { createdAt: '2026-01-01T00:00:00.000Z', id: '01900000-0000-7000-8000-000000000001' };

describe('a cursor', () => {
  it('comes back as it went', () => {
    const text = cursor.encode(position);

    expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(cursor.decode(text)).toEqual(position);
  });

  it.each([
    '',
    'nonsense',
    Buffer.from('{}').toString('base64url'),
    Buffer.from('[1]').toString('base64url'),
  ])('that this list did not make is refused: %s', (text) => {
    expect(() => cursor.decode(text)).toThrow(
      expect.objectContaining({
        code: 'validation_failed',
        details: { errors: [expect.objectContaining({ path: '/cursor' })] },
      }),
    );
  });
});

describe('a page', () => {
  it('is the first ten unless asked for otherwise', () => {
    expect(z.strictObject(pageQuery).parse({})).toEqual({ page: 1, limit: 10 });
  });

  it('says how many there are, and when that was not counted to the end', () => {
    const { data, meta } = pageReply({
      items: [1],
      total: 10_000,
      totalIsCapped: true,
      page: 1,
      limit: 10,
      nextCursor: 'next',
    });

    expect([data, meta]).toEqual([
      [1],
      { total: 10_000, page: 1, limit: 10, totalPages: 1000, nextCursor: 'next', totalIsCapped: true },
    ]);
  });
});
