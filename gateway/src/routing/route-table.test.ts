import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGatewayConfig } from '../config/parse-config.ts';
import { toRouteSettings } from '../config/route-settings.ts';
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
    const { route, routes } = explainRoute(table, 'GET', '/api/users/me');

    expect(route).toBe('me');
    expect(Object.fromEntries(routes.map((each) => [each.route, each.why]))).toEqual({
      base: 'Another route with a longer path comes first.',
      'users-create': 'Its path is /api/users.',
      users: 'Another route with a longer path comes first.',
      me: 'It is the longest path that answers to the method.',
      exact: 'Its path is /health.',
    });
    expect(explainRoute(table, 'POST', '/health')).toMatchObject({
      refusal: { status: 405, allow: 'GET, HEAD, OPTIONS' },
    });
    expect(explainRoute(table, 'GET', '/nowhere')).toMatchObject({ refusal: { status: 404 } });
  });
});

describe('whatever the routes are', () => {
  const segment = fc.constantFrom('a', 'b', 'c');
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
  const pattern = fc.tuple(path, fc.constantFrom('', '/*')).map(([base, end]) => base + end);
  const sketch = fc.tuple(pattern, fc.constantFrom('GET', 'POST', 'PUT'));

  it('the tree finds what trying them one by one finds', () => {
    fc.assert(
      fc.property(fc.uniqueArray(sketch, { selector: String, minLength: 1 }), path, (sketches, asked) => {
        const tree = tableOf(...sketches.map(([p, m], index): Sketch => [`r${index}`, p, [m]]));
        for (const method of ['GET', 'POST', 'PUT']) {
          const covering = sketches
            .map(([p, m], index) => ({ p, m, name: `r${index}` }))
            .filter(({ p, m }) => m === method && covers(p, asked))
            .sort((one, other) => rank(other.p) - rank(one.p));

          expect(tree.find(asked)?.routes.get(method)?.settings.name).toBe(covering[0]?.name);
        }
      }),
    );
  });

  const covers = (p: string, asked: string): boolean =>
    p.endsWith('/*') ? asked === p.slice(0, -2) || asked.startsWith(p.slice(0, -1)) : p === asked;
  const rank = (p: string): number => p.replace('/*', '').length * 2 + (p.endsWith('/*') ? 0 : 1);
});
