import type { IncomingMessage } from 'node:http';
import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { fixedRegistry, hangUp, json, useServiceInstances } from './fixture/use-service-instances.ts';
import type { Instance, Registry } from './registry.ts';

const { instances, asked, requests, start, open } = useServiceInstances();

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

describe('a call to a service', () => {
  it('gives status, body and headers', async () => {
    await start('o1', json({ data: [1, 2] }, 201, { 'X-Total': '2' }));

    await expect(open().request('orders', { path: '/internal/status' })).resolves.toMatchObject({
      status: 201,
      data: { data: [1, 2] },
      headers: { 'x-total': '2' },
    });
  });

  it('says who is calling and passes the context on', async () => {
    await start('o1', json({}));
    const clock = createManualClock(1_000_000);
    const context = () => ({ requestId: 'r1', traceparent: '00-aa-bb-01', deadlineAt: 1_000_500.5 });
    await open({ context, clock }).request('orders', {
      path: '/internal/status',
      headers: { 'x-extra': 'yes' },
    });

    expect(requests[0]?.headers).toMatchObject({
      authorization: 'Bearer token-of-posts',
      'x-request-id': 'r1',
      traceparent: '00-aa-bb-01',
      'x-request-deadline': '1000500',
      'user-agent': 'gatehouse/posts',
      'x-extra': 'yes',
    });
  });

  it('sends its query and its body', async () => {
    const received = Promise.withResolvers<string>();
    await start('o1', (request, response) => {
      bodyOf(request).then(received.resolve, received.reject);
      response.writeHead(204).end();
    });
    const query = { since: 'a&b', limit: 5, none: undefined };
    const answer = await open().request('orders', {
      method: 'POST',
      path: '/internal/x',
      query,
      body: { a: 'ü' },
    });

    expect(answer).toMatchObject({ status: 204, data: undefined });
    expect(requests[0]?.url).toBe('/internal/x?since=a%26b&limit=5');
    expect(requests[0]?.headers['content-type']).toContain('application/json');
    await expect(received.promise).resolves.toBe('{"a":"ü"}');
  });

  it('uses its connections again', async () => {
    await start('o1', json({}));
    const orders = open();
    await orders.request('orders', { path: '/' });
    await orders.request('orders', { path: '/' });

    expect(requests[0]?.socket).toBe(requests[1]?.socket);
  });

  it('dials nobody but the instance, whatever the path looks like', async () => {
    await start('o1', json({}));
    await open().request('orders', { path: '//evil.example/x' });
    await open().request('orders', { path: 'http://evil.example/x' });

    expect(requests.map(({ url }) => url)).toEqual(['//evil.example/x', '/http://evil.example/x']);
  });

  it('follows no redirect', async () => {
    await start('o1', json({}, 302, { location: 'http://127.0.0.1:1/' }));

    await expect(open().request('orders', { path: '/' })).rejects.toMatchObject({
      code: 'bad_service_answer',
    });
  });
});

describe('a service that refuses', () => {
  it('keeps its code and kind', async () => {
    const problem = { code: 'order_not_draft', status: 409, title: 'Conflict', detail: 'It is confirmed.' };
    await start('o1', json(problem, 409));

    await expect(open().request('orders', { path: '/' })).rejects.toMatchObject({
      name: 'AppError',
      code: 'order_not_draft',
      kind: 'conflict',
      message: 'It is confirmed.',
    });
  });

  it('is not asked again', async () => {
    await start('o1', json({ code: 'not_found' }, 404));
    await start('o2', json({ code: 'not_found' }, 404));
    await expect(open().request('orders', { path: '/' })).rejects.toMatchObject({ kind: 'not-found' });

    expect(asked).toHaveLength(1);
  });
});

describe('a service that cannot be used', () => {
  it('has no healthy instance', async () => {
    await expect(open().request('orders', { path: '/' })).rejects.toMatchObject({
      code: 'service_unavailable',
      details: { retryAfterSeconds: 1 },
    });
  });

  it('says no JSON', async () => {
    await start('o1', (_, response) => response.end('<html>'));

    await expect(open().request('orders', { path: '/' })).rejects.toMatchObject({
      code: 'bad_service_answer',
    });
  });

  it('says more than is taken', async () => {
    const mebibyte = Buffer.alloc(1024 * 1024, 'x');
    await start('o1', (_, response) => {
      for (let part = 0; part < 17; part += 1) response.write(mebibyte);
      response.end();
    });

    await expect(open().request('orders', { path: '/' })).rejects.toMatchObject({
      code: 'bad_service_answer',
    });
  });

  it('shows nothing of the call in its error', async () => {
    await start('o1', hangUp);
    const error = await open()
      .request('orders', { method: 'POST', path: '/', body: { password: 'hidden' } })
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'service_unavailable' });
    expect(JSON.stringify({ ...(error as object), cause: (error as Error).cause })).not.toMatch(
      /token-of|hidden/,
    );
  });
});

describe('a question to every instance', () => {
  it('brings one answer of each', async () => {
    await start('o1', json({ from: 'o1' }));
    await start('o2', json({ code: 'overloaded' }, 503));
    await start('o3', hangUp);
    const answers = await open().requestAll('orders', { path: '/' });

    expect(answers.map(({ instance, ...answer }) => [instance.id, answer])).toEqual([
      ['o1', { ok: true, response: expect.objectContaining({ data: { from: 'o1' } }) }],
      ['o2', { ok: false, error: expect.objectContaining({ code: 'overloaded' }) }],
      ['o3', { ok: false, error: expect.objectContaining({ code: 'service_unavailable' }) }],
    ]);
    expect(asked.toSorted()).toEqual(['o1', 'o2', 'o3']);
  });
});

describe('the first question, before the registry has answered', () => {
  const lateRegistry = (): Readonly<{ registry: Registry; answer: () => void }> => {
    let known: readonly Instance[] = [];
    let updatedAt: number | undefined;
    let told = (): void => {};
    return {
      answer: () => {
        known = instances;
        updatedAt = 1;
        told();
      },
      registry: {
        ...fixedRegistry([]),
        watch: (_, onChange) => {
          told = () => onChange?.(known);
          return { instances: () => known, updatedAt: () => updatedAt, close: () => {} };
        },
      },
    };
  };

  it('waits for it', async () => {
    await start('o1', json({ ok: true }));
    const { registry, answer } = lateRegistry();
    const call = open({ registry }).request('orders', { path: '/' });
    answer();

    await expect(call).resolves.toMatchObject({ data: { ok: true } });
  });

  it('waits a second at most', async () => {
    const clock = createManualClock();
    const { registry } = lateRegistry();
    const call = expect(open({ registry, clock }).request('orders', { path: '/' })).rejects.toMatchObject({
      code: 'service_unavailable',
    });
    await clock.advance(1000);

    await call;
  });
});
