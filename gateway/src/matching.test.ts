import { describe, expect, it } from 'vitest';
import { instanceAt } from './fixture/fake-registry.ts';
import { startTestGateway } from './fixture/start-test-gateway.ts';
import { startUpstream } from './fixture/start-upstream.ts';

/** A gateway before instances that each tell their name; `posts-1` is of version 1, `posts-2` of version 2. */
const startVersions = async (config: string) => {
  const named = (name: string) =>
    startUpstream((request, response) => response.end(`${name} ${request.url}`));
  const gateway = await startTestGateway({ config });
  const [one, two, other] = [await named('one'), await named('two'), await named('other')];
  gateway.registry.set('posts', [
    { ...instanceAt('posts', one.port), version: '1.4.0' },
    { ...instanceAt('posts', two.port), version: '2.0.0' },
  ]);
  gateway.registry.set('other', [instanceAt('other', other.port)]);
  const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const answer = await fetch(gateway.url + path, { headers, method });
    const text = await answer.text();
    return answer.ok ? text : `${answer.status} ${answer.headers.get('allow') ?? ''}`.trim();
  };
  return { ...gateway, ask, upstreams: { one, two, other } };
};

describe('matching: through the gateway', () => {
  it('goes by header and query, and answers 404, 405 and OPTIONS for what the request could have had', async () => {
    const { ask } = await startVersions(`routes:
  - { path: /api/x, service: posts, auth: none, methods: [GET], version: '1' }
  - { path: /api/x, service: other, auth: none, methods: [GET], query: { to: other } }
  - { path: /api/x, service: other, auth: none, methods: [PUT], headers: { x-beta: 'yes' } }
`);

    expect(await ask('/api/x', { 'accept-version': '1' })).toBe('one /api/x');
    expect(await ask('/api/x?to=other')).toBe('other /api/x?to=other');
    expect(await ask('/api/x', { 'x-beta': 'yes' })).toBe('405 OPTIONS, PUT');
    expect(await ask('/api/x')).toBe('404');
    expect(await ask('/api/x', {}, 'OPTIONS')).toBe('404');
    expect(await ask('/api/x', { 'x-beta': 'yes' }, 'PUT')).toBe('other /api/x');
  });

  it('goes by the Host that the client named', async () => {
    const { ask, url } = await startVersions(`routes:
  - { path: /api/x, service: posts, auth: none, host: example.org }
  - { path: /api/x, service: other, auth: none, host: ${'127.0.0.1'} }
`);

    expect(await ask('/api/x')).toBe('other /api/x');
    expect(url).toContain('127.0.0.1');
  });

  it('a version picks instances of it, and 503 says that there is none', async () => {
    const { ask } = await startVersions(`routes:
  - { path: /api/x, service: posts, auth: none, version: '2' }
  - { path: /api/x, service: posts, auth: none, version: '3' }
  - { path: /api/x, service: posts, auth: none, version: '1' }
`);

    for (let time = 0; time < 4; time += 1) {
      expect(await ask('/api/x?version=2')).toBe('two /api/x?version=2');
      expect(await ask('/api/x', { 'accept-version': '1.4' })).toBe('one /api/x');
    }
    expect(await ask('/api/x', { 'accept-version': '3' })).toBe('503');
  });
});

describe('matching: a weighted split and a canary through the gateway', () => {
  it('meets the weights exactly, and the header goes before them', async () => {
    const { ask } = await startVersions(`routes:
  - path: /api/x
    service: posts
    auth: none
    split:
      - { version: '1', weight: 3 }
      - { version: '2', weight: 1, canary: { header: X-Canary, value: 'yes' } }
      - { service: other, weight: 0, canary: { header: x-canary, value: other } }
`);

    const answers: string[] = [];
    for (let time = 0; time < 12; time += 1) answers.push(await ask('/api/x'));
    expect(answers.filter((answer) => answer === 'one /api/x')).toHaveLength(9);
    expect(answers.filter((answer) => answer === 'two /api/x')).toHaveLength(3);
    expect(await ask('/api/x', { 'x-canary': 'yes' })).toBe('two /api/x');
    expect(await ask('/api/x', { 'x-canary': 'other' })).toBe('other /api/x');
  });

  it('every try of a request goes to the same place', async () => {
    const { ask, registry } = await startVersions(`routes:
  - path: /api/x
    service: posts
    auth: none
    split: [{ version: '2', weight: 1 }, { version: '1', weight: 1 }]
`);
    let failures = 0;
    const failing = async (version: string) => {
      const { port } = await startUpstream((_request, response) => {
        failures += 1;
        response.writeHead(503).end();
      });
      return { ...instanceAt('posts', port), version };
    };
    const good = await startUpstream((_request, response) => response.end('good'));
    registry.set('posts', [
      await failing('2.0.0'),
      await failing('2.1.0'),
      { ...instanceAt('posts', good.port), version: '1.0.0' },
    ]);

    const answers = [await ask('/api/x'), await ask('/api/x')];

    expect(answers.toSorted()).toEqual(['503', 'good']);
    expect(failures).toBeGreaterThan(1);
    expect(good.received).toHaveLength(1);
  });
});

describe('matching: a rewrite through the gateway', () => {
  it('gives the service its own path, the query as it came', async () => {
    const { ask } = await startVersions(`routes:
  - { path: /api/v2/*, service: other, auth: none, rewrite: { prefix: / } }
  - { path: /old, service: other, auth: none, rewrite: { path: /new } }
`);

    expect(await ask('/api/v2/a%20b/?x=%2f..')).toBe('other /a%20b/?x=%2f..');
    expect(await ask('/api/v2')).toBe('other /');
    expect(await ask('/old?y')).toBe('other /new?y');
    expect(await ask('/api/v2/internal/status')).toBe('404');
  });
});
