import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { answerProblem } from './answer.ts';
import { createTestExchange } from './fixture/create-test-exchange.ts';
import { gatewayError } from './gateway-error.ts';

const refuseUpload = () => {
  const clock = createManualClock();
  const headers = { 'content-length': '100000000' };
  const { exchange, sent } = createTestExchange({ method: 'POST', headers, complete: false, clock });
  answerProblem(exchange, gatewayError('payload_too_large'));
  return { ...exchange, clock, sent };
};

describe('an answer while its client still sends', () => {
  it('is whole at once, and ends after a second', async () => {
    const { response, clock, sent } = refuseUpload();
    await clock.advance(999);
    expect(sent()).toMatch(
      /^HTTP\/1\.1 413 [\s\S]*Connection: close\r\n[\s\S]*"code":"payload_too_large"\}$/,
    );
    expect(response.writableEnded).toBe(false);
    await clock.advance(1);

    expect(response.writableEnded).toBe(true);
    expect(clock.pending()).toBe(0);
  });

  it('ends when the client has sent more than anybody wants to read', () => {
    const { request, response, clock } = refuseUpload();
    request.emit('data', Buffer.alloc(1_048_576));
    expect(response.writableEnded).toBe(false);
    request.emit('data', Buffer.alloc(1));

    expect(response.writableEnded).toBe(true);
    expect(clock.pending()).toBe(0);
  });

  it('ends with the request', () => {
    const { request, response, clock } = refuseUpload();
    request.emit('end');

    expect(response.writableEnded).toBe(true);
    expect(clock.pending()).toBe(0);
  });

  it('keeps no timer for a client that has gone', () => {
    const { response, clock } = refuseUpload();
    response.emit('close');

    expect(clock.pending()).toBe(0);
  });
});
