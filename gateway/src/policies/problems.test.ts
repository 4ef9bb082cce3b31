import { AppError } from '@gatehouse/errors';
import { describe, expect, it, vi } from 'vitest';
import { createTestExchange } from '../fixture/create-test-exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Handler } from '../policy.ts';
import { createRefuse, problems, type RefuseDeps } from './problems.ts';

const owesNothing = { settle: () => undefined };

const pass = async (next: Handler, addressLimit: RefuseDeps['addressLimit'] = owesNothing) => {
  const { exchange, sent } = createTestExchange();
  const onInternal = vi.fn();
  exchange.refuse = createRefuse({ onInternal, addressLimit });
  exchange.requestId = 'r1';
  exchange.answerHeaders.push('X-Request-Id', 'r1');
  problems(next)(exchange);
  await Promise.resolve();
  await Promise.resolve();
  return { exchange, sent: sent(), onInternal };
};

const failing: readonly (readonly [string, (error: unknown) => Handler])[] = [
  [
    'at once',
    (error) => () => {
      throw error;
    },
  ],
  ['later', (error) => () => Promise.reject(error)],
];

describe('a request that nothing goes wrong with', () => {
  it.each([() => {}, async () => {}])('is left alone', async (next) => {
    const { sent, onInternal, exchange } = await pass(next);

    expect([sent, exchange.errorCode]).toEqual(['', undefined]);
    expect(onInternal).not.toHaveBeenCalled();
  });
});

describe.each(failing)('a failure that comes %s', (_, fail) => {
  it('is answered as a problem, with the headers of every answer', async () => {
    const { sent, exchange, onInternal } = await pass(fail(gatewayError('forbidden')));

    expect(sent).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(sent).toContain('Content-Type: application/problem+json; charset=utf-8\r\n');
    expect(sent).toContain('X-Request-Id: r1\r\n');
    expect(JSON.parse(sent.slice(sent.indexOf('{')))).toMatchObject({ code: 'forbidden', instance: 'r1' });
    expect(exchange.errorCode).toBe('forbidden');
    expect(onInternal).not.toHaveBeenCalled();
  });

  it('and is a bug is told to us, and says nothing to the client', async () => {
    const { sent, onInternal, exchange } = await pass(fail(new TypeError('secret.internal')));

    expect(sent).toMatch(/^HTTP\/1\.1 500 /);
    expect(sent).not.toContain('secret');
    expect(onInternal).toHaveBeenCalledExactlyOnceWith(exchange, expect.any(AppError));
  });
});

describe('a failure of a request that was not counted by its address yet', () => {
  const failed: Handler = () => {
    throw gatewayError('not_found');
  };

  it('is answered once it was counted', async () => {
    const { sent } = await pass(failed, { settle: async () => undefined });

    expect(sent).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('is the refusal of that limit where it is one too many', async () => {
    const { sent } = await pass(failed, { settle: async () => gatewayError('rate_limited') });

    expect(sent).toMatch(/^HTTP\/1\.1 429 /);
  });
});

describe('a failure after the answer has begun', () => {
  it('breaks the connection off, so that half an answer looks like none', async () => {
    const { exchange, sent } = await pass(({ response }) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      throw gatewayError('bad_gateway');
    });

    expect(exchange.response.destroyed).toBe(true);
    expect(sent).not.toContain('problem+json');
  });
});
