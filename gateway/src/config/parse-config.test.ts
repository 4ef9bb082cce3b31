import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseGatewayConfig } from './parse-config.ts';
import { toRouteSettings } from './route-settings.ts';
import { gatewayEnvironment, parseGatewaySettings } from './settings.ts';

const mistakesOf = (text: string): readonly string[] => {
  try {
    parseGatewayConfig(text);
  } catch (error) {
    return (error as { details: { mistakes: string[] } }).details.mistakes;
  }
  return [];
};

describe('the gateway.yaml of the product', () => {
  const settings = toRouteSettings(
    parseGatewayConfig(readFileSync(new URL('../../gateway.yaml', import.meta.url), 'utf8')),
  );

  it('routes nothing but the public contract', () => {
    expect(new Set(settings.map(({ service }) => service))).toEqual(new Set(['users', 'posts', 'orders']));
    expect(settings.every(({ path }) => path.startsWith('/api/') || path === '/.well-known/jwks.json')).toBe(
      true,
    );
  });

  it('lets nobody write without signing in, but for what makes an account or a session', () => {
    const open = settings.filter(
      ({ auth, methods }) =>
        auth !== 'required' && methods.some((method) => !/GET|HEAD|OPTIONS/.test(method)),
    );

    expect(open.map(({ path }) => path)).toEqual([
      ...['/api/users', '/api/users/verify', '/api/users/verify/resend', '/api/users/password/forgot'],
      ...['/api/users/password/reset', '/api/auth/login', '/api/auth/refresh'],
    ]);
  });
});

describe('a route that says little', () => {
  it('has the defaults', () => {
    const [route] = toRouteSettings(parseGatewayConfig('routes: [{ path: /api/x/*, service: posts }]'));

    expect(route).toMatchObject({
      name: 'posts-0',
      auth: 'required',
      rateLimit: { name: 'default', limit: 600, window: 60_000, by: 'principal' },
      bodyLimitBytes: 1_048_576,
      timeoutMs: 15_000,
      tryTimeoutMs: 2000,
      retryAttempts: 2,
      idempotencyKeys: false,
    });
    expect(
      toRouteSettings(parseGatewayConfig('routes: [{ path: /x, service: posts, waits: true }]')),
    ).toMatchObject([{ tryTimeoutMs: 6000 }]);
  });
});

describe('configuration: a file with mistakes', () => {
  it('has every one of them named at once, with its line', () => {
    expect(
      mistakesOf(`defaults: { timeout: 15 sec, colour: red }
routes:
  - { path: /api/x/*, service: posts, rateLimit: { limit: 0, window: 60s } }
  - { path: /internal/x, service: posts }
  - path: /api/y
    servce: posts
  - { path: /api/z, service: posts, auth: none,
      roles: [admin] }
  - { path: /api/z, service: posts }
  - { name: n, path: /api/n, service: posts, timeout: 1s, tryTimeout: 2s }
  - { name: n, path: /api/m, service: posts, rateLimit: { limit: 1, window: 1s, by: header } }
`),
    ).toEqual([
      'gateway.yaml:1:13: defaults.timeout: Expected a duration like 500ms, 15s or 2m',
      'gateway.yaml:1:30: defaults.colour: There is no such setting',
      'gateway.yaml:3:52: routes[0].rateLimit.limit: Expected at least 1',
      'gateway.yaml:4:7: routes[1].path: /internal is never routed from outside',
      'gateway.yaml:5:5: routes[2].service: It is missing: expected text',
      'gateway.yaml:6:5: routes[2].servce: There is no such setting; do you mean service?',
      'gateway.yaml:7:37: routes[3].auth: It asks for roles or scopes, so `auth` must be required',
      'gateway.yaml:9:7: routes[4].path: GET /api/z is routed already: take one of both out (the other: routes[3] in line 7)',
      'gateway.yaml:10:59: routes[5].tryTimeout: One try may not last longer than all of them together (`timeout`)',
      'gateway.yaml:11:46: routes[6].rateLimit: `by: header` goes together with `header: <name>`',
    ]);
  });

  it.each([
    ['a: [', 'gateway.yaml:1:'],
    ['', 'routes'],
    ['routes: []', 'routes'],
    ['routes:\n  - &a { path: /x, service: b }\nroutes: []', 'Map keys must be unique'],
    ['routes: [{ path: /*, service: posts }]', 'a path of its own'],
    ['routes: [{ path: /api/../x, service: posts }]', 'A dot segment'],
    ['routes: [{ path: "/api/:id", service: posts }]', 'Expected a path'],
    ['routes: [{ path: /api/*/x, service: posts }]', 'Expected a path'],
  ])('%j is refused', (text, message) => {
    expect(mistakesOf(text).join('\n')).toContain(message);
  });

  it.each([
    [
      'routes: [{ path: /x, service: posts, auth: requird }]',
      'auth: Expected one of none, optional, required; do you mean required?',
    ],
    ['services: { post: {} }\nroutes: [{ path: /x, service: posts }]', 'do you mean posts?'],
    [
      'services: { posts: { ejection: { failure: 3 } } }',
      'ejection.failure: There is no such setting; do you mean failures?',
    ],
    ['services: { posts: { balancer: consistenthash } }', 'do you mean consistent-hash?'],
    ['routes: [{ path: /x, service: posts, headers: { a: 1 } }]', 'in quotes'],
    ['routes: [{ path: /x, service: posts, headers: { a: { regex: "(" } } }]', 'a regular expression'],
    ['routes: [{ path: /x, service: posts, headers: { a: { regex: "(a+)+" } } }]', 'may never end'],
    ['routes: [{ path: /x, service: posts, headers: { a: { regx: "a" } } }]', 'headers.a'],
    ['routes: [{ path: /x, service: posts, version: 1.10 }]', 'in quotes'],
    ['routes: [{ path: /x, service: posts, version: "new" }]', 'a version or range'],
    ['routes: [{ path: /x, service: posts, host: "a.org:80" }]', 'without a port'],
    ['routes: [{ path: /x, service: posts, split: [{ weight: 0 }] }]', 'At least one weight'],
    ['routes: [{ path: /x, service: posts, rewrite: { prefix: /internal/x } }]', 'never routed'],
    ['routes: [{ path: /x, service: posts, rewrite: { prefix: /a/ } }]', 'Expected a path like / or'],
    ['routes: [{ path: /x/*, service: posts, rewrite: { path: /a } }]', 'use `prefix`'],
    ['routes: [{ path: /x, service: posts, fallback: { stale: true } }]', 'nothing stale'],
    ['routes: [{ path: /x, service: posts, fallback: {} }]', 'Expected one of `static`'],
    ['routes: [{ path: /x, service: posts, hash: { cookie: sid } }]', 'balancer: consistent-hash'],
    ['routes: [{ path: /x, service: posts, auth: none, apiKeys: true }]', 'must be optional or required'],
    [
      'routes: [{ path: /x, service: posts, rateLimit: { name: address, limit: 1, window: 1s } }]',
      "gateway's own",
    ],
    [
      'routes: [{ path: /x, service: posts, rateLimit: { name: default, limit: 1, window: 1s } }]',
      'defaults.rateLimit',
    ],
    [
      'routes: [{ name: posts-1, path: /x, service: posts }, { path: /y, service: posts }]',
      'is named posts-1',
    ],
    ['routes:\n- 3', 'gateway.yaml:2:3: routes[0]: Expected settings like'],
    ['- 3', 'the file: Expected settings like'],
  ])('%j is refused, and what to do is said', (text, message) => {
    expect(mistakesOf(text).join('\n')).toContain(message);
  });

  it('that nothing decides between is refused, both lines named', () => {
    expect(
      mistakesOf(`routes:
  - { path: /x, service: posts, headers: { a: { present: true } } }
  - { path: /x, service: posts, headers: { b: { present: true } } }
  - { path: /x, service: posts, headers: { a: { present: false }, b: { present: true } } }
  - { path: /x, service: posts, host: a.example.org }
  - { path: /x, service: posts, host: b.example.org }
  - { path: /x, service: posts, host: '*.example.org', methods: [GET] }
  - { path: /x, service: posts, version: '^1' }
  - { path: /x, service: posts, version: '~1.0' }
`),
    ).toEqual([
      expect.stringMatching(
        /^gateway.yaml:3:7: .*neither asks for more.*\(the other: routes\[0\] in line 2\)$/,
      ),
      expect.stringMatching(
        /^gateway.yaml:9:7: .*neither asks for more.*\(the other: routes\[6\] in line 8\)$/,
      ),
    ]);
  });

  it('with two figures for one limit is refused', () => {
    const route = (limit: number): string =>
      `{ path: /api/${limit}, service: posts, rateLimit: { name: one, limit: ${limit}, window: 1s } }`;

    expect(mistakesOf(`routes: [${route(1)}, ${route(2)}]`)).toEqual([
      expect.stringContaining('must be the same'),
    ]);
  });
});

describe('the environment', () => {
  it('has a default for everything', () => {
    expect(parseGatewaySettings({})).toMatchObject({
      port: 8080,
      operationsHost: '127.0.0.1',
      operationsPort: 9090,
      rateLimitFactor: 1,
      trustedProxies: [],
    });
    expect(parseGatewaySettings({ TRUSTED_PROXIES: '10.0.0.0/8, ::1', PORT: '' })).toMatchObject({
      port: 8080,
      trustedProxies: ['10.0.0.0/8', '::1'],
    });
  });

  it('has every mistake named at once', () => {
    expect(() => parseGatewaySettings({ PORT: 'x', RATE_LIMIT_FACTOR: '0' })).toThrow(
      /PORT(.|\n)*RATE_LIMIT_FACTOR/,
    );
  });

  it('says what each variable is for', () => {
    expect(
      Object.values(gatewayEnvironment.shape).every(({ description }) => description !== undefined),
    ).toBe(true);
  });
});
