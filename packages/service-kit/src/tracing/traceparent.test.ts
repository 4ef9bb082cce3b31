import { describe, expect, it } from 'vitest';
import { formatTraceparent, isSampled, parseTraceparent, traceIdOf } from './traceparent.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

describe('a traceparent that came', () => {
  it('is read, and of its flags whether the trace is sampled', () => {
    expect(parseTraceparent(`00-${traceId}-${spanId}-01`)).toEqual({ traceId, spanId, sampled: true });
    expect(parseTraceparent(`00-${traceId}-${spanId}-02`)).toEqual({ traceId, spanId, sampled: false });
    expect(parseTraceparent(`00-${traceId}-${spanId}-ff`)).toEqual({ traceId, spanId, sampled: true });
  });

  it('may be of a version to come, with more behind the flags', () => {
    expect(parseTraceparent(`cc-${traceId}-${spanId}-01`)?.traceId).toBe(traceId);
    expect(parseTraceparent(`cc-${traceId}-${spanId}-01-what-comes`)?.traceId).toBe(traceId);
  });

  it.each([
    undefined,
    '',
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId}-${spanId}-1`,
    `cc-${traceId}-${spanId}-01.more`,
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    ` 00-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`,
  ])('is not believed as %j', (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });
});

describe('a traceparent of our own', () => {
  it('says what it was made of', () => {
    const made = formatTraceparent(traceId, spanId, true);

    expect(made).toBe(`00-${traceId}-${spanId}-01`);
    expect(isSampled(made)).toBe(true);
    expect(isSampled(formatTraceparent(traceId, spanId, false))).toBe(false);
    expect(traceIdOf(made)).toBe(traceId);
  });
});
