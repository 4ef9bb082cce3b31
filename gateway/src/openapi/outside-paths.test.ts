import { describe, expect, it } from 'vitest';
import { parseGatewayConfig } from '../config/parse-config.ts';
import { toRouteSettings } from '../config/route-settings.ts';
import { outsidePaths } from './outside-paths.ts';

const find = (routes: string, path: string, method = 'GET', service = 'posts') =>
  outsidePaths(toRouteSettings(parseGatewayConfig(`routes: [${routes}]`)), { service, method, path });

describe('OpenAPI: paths as seen from outside', () => {
  it.each([
    ['{ path: /api/posts/*, service: posts }', '/api/posts/{id}', ['/api/posts/{id}']],
    ['{ path: /api/posts, service: posts }', '/api/posts/{id}', []],
    ['{ path: /api/posts/*, service: posts, methods: [POST] }', '/api/posts/{id}', []],
    ['{ path: /api/posts/*, service: orders }', '/api/posts/{id}', []],
    [
      '{ path: /posts/*, service: posts, rewrite: { prefix: /api/posts } }',
      '/api/posts/{id}',
      ['/posts/{id}'],
    ],
    ['{ path: /posts/*, service: posts, rewrite: { prefix: / } }', '/{id}', ['/posts/{id}']],
    ['{ path: /posts/*, service: posts, rewrite: { prefix: / } }', '/readyz', []],
    ['{ path: /mine, service: posts, rewrite: { path: /api/posts/mine } }', '/api/posts/mine', ['/mine']],
    ['{ path: /mine, service: posts, rewrite: { path: /api/posts/mine } }', '/api/posts', []],
    ['{ path: /a/*, service: orders, split: [{ service: posts, weight: 1 }] }', '/a/b', ['/a/b']],
  ])('%s shows %s at %j', (route, path, outside) => {
    expect(find(route, path)).toEqual(outside);
  });

  it('are several where several routes lead there', () => {
    const routes =
      '{ path: /api/posts/*, service: posts }, { path: /old/*, service: posts, rewrite: { prefix: /api/posts } }';

    expect(find(routes, '/api/posts/{id}')).toEqual(['/api/posts/{id}', '/old/{id}']);
  });

  it('are not those that a more precise route takes for another service', () => {
    const wide = '{ path: /api/posts/*, service: posts }';
    const precise = '{ path: /api/posts/stars, service: orders }';

    expect(find(`${wide}, ${precise}`, '/api/posts/stars')).toEqual([]);
    expect(find(`${wide}, ${precise}`, '/api/posts/{id}')).toEqual(['/api/posts/{id}']);
    expect(
      find(`${wide}, { path: /api/posts/stars, service: orders, host: a.org }`, '/api/posts/stars'),
    ).toEqual(['/api/posts/stars']);
  });
});
