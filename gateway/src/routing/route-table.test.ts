import { describe, expect, it } from 'vitest';
import { parseGatewayConfig } from '../config/parse-config.ts';
import { toRouteSettings } from '../config/route-settings.ts';
import { noFacts } from '../fixture/route-sketches.ts';
import { explainRoute } from './explain-route.ts';
import { compileRoutes } from './route-table.ts';

type Sketch = readonly [name: string, path: string, methods?: readonly string[]];

const tableOf = (...sketches: readonly Sketch[]) => {
  const routes = sketches.map(([name, path, methods]) => ({ name, path, service: 'posts', methods }));
  const settings = toRouteSettings(parseGatewayConfig(JSON.stringify({ routes })));
  return compileRoutes(settings.map((each) => ({ settings: each, handle: () => {} })));
};

const table = tableOf(
  ['base', '/api/*'],
  ['users-create', '/api/users', ['POST']],
  ['users', '/api/users/*', ['GET', 'DELETE']],
  ['me', '/api/users/me', ['GET']],
  ['exact', '/health', ['GET']],
);

const nameFor = (method: string, path: string): string | undefined =>
  table.find(path)?.routes.get(method)?.settings.name;

describe('a route', () => {
  it.each([
    ['GET', '/health', 'exact'],
    ['HEAD', '/health', 'exact'],
    ['GET', '/health/', undefined],
    ['GET', '/Health', undefined],
    ['GET', '/', undefined],
    ['GET', '/api', 'base'],
    ['GET', '/api/', 'base'],
    ['GET', '/api/anything/at/all', 'base'],
    ['GET', '/apix', undefined],
    ['POST', '/api/users', 'users-create'],
    ['GET', '/api/users', 'users'],
    ['GET', '/api/users/7', 'users'],
    ['GET', '/api/usersx', 'base'],
    ['GET', '/api/users/me', 'me'],
    ['DELETE', '/api/users/me', 'users'],
    ['PATCH', '/api/users/me', 'base'],
    ['GET', '/api/users/me/sessions', 'users'],
  ])('for %s %s is %s', (method, path, name) => {
    expect(nameFor(method, path)).toBe(name);
  });

  it('that answers other methods only says which', () => {
    expect(table.find('/health')?.allow).toBe('GET, HEAD, OPTIONS');
  });

  it('is found at the same cost in a path of thousands of segments', () => {
    expect(table.find(`/api${'/a'.repeat(4000)}`)?.routes.get('GET')?.settings.name).toBe('base');
    expect(table.find(`/nowhere${'/a'.repeat(4000)}`)).toBeUndefined();
  });
});

describe('the question which route would match', () => {
  it('is answered for every route', () => {
    const { route, routes } = explainRoute(table, { method: 'GET', path: '/api/users/me', facts: noFacts });

    expect(route).toBe('me');
    expect(Object.fromEntries(routes.map((each) => [each.route, each.why]))).toEqual({
      base: 'It matches too, but another route with a longer path or more conditions comes first.',
      'users-create': 'Its path is /api/users. It answers to POST only.',
      users: 'It matches too, but another route with a longer path or more conditions comes first.',
      me: 'It is the longest path that answers to the method, and asks for the most of those that match.',
      exact: 'Its path is /health.',
    });
    expect(explainRoute(table, { method: 'POST', path: '/health', facts: noFacts })).toMatchObject({
      refusal: { status: 405, allow: 'GET, HEAD, OPTIONS' },
    });
    expect(explainRoute(table, { method: 'GET', path: '/nowhere', facts: noFacts })).toMatchObject({
      refusal: { status: 404 },
    });
  });
});
