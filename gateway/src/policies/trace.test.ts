import { sequentialIds } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { createTestExchange } from '../fixture/create-test-exchange.ts';
import { startTrace } from './trace.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const madeId = sequentialIds().next();

const trace = (headers: Readonly<Record<string, string>> = {}) => {
  const { exchange } = createTestExchange({ headers });
  startTrace(exchange, {
    ids: sequentialIds(),
    traceIds: { traceId: () => 'a'.repeat(32), spanId: () => 'b'.repeat(16) },
    sampleRatio: () => 1,
    random: () => 0,
  });
  return exchange;
};

describe('the id of a request', () => {
  it('is taken over, and is on the answer', () => {
    const { requestId, answerHeaders } = trace({ 'x-request-id': 'my.Id_1-2' });

    expect(requestId).toBe('my.Id_1-2');
    expect(answerHeaders).toEqual(['X-Request-Id', 'my.Id_1-2']);
  });

  it.each(['', 'two words', 'a\r\nb', 'ü', 'x'.repeat(129)])('is made when the client says %j', (odd) => {
    const { requestId, answerHeaders } = trace({ 'x-request-id': odd });

    expect(requestId).toBe(madeId);
    expect(answerHeaders).toEqual(['X-Request-Id', madeId]);
  });

  it('is made when the client has none', () => {
    expect(trace().requestId).toBe(madeId);
  });
});

describe('the trace of a request', () => {
  it('goes on with a span of our own', () => {
    expect(trace({ traceparent: `00-${traceId}-b7ad6b7169203331-00` }).traceparent).toBe(
      `00-${traceId}-${'b'.repeat(16)}-00`,
    );
  });

  it.each([{}, { traceparent: `00-${traceId}` }])(
    'begins where there is none, and is not sampled while there is no collector: %j',
    (headers) => {
      expect(trace(headers).traceparent).toBe(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`);
    },
  );
});
