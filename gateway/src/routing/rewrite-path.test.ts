import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers } from './explain-route.ts';
import { parseTarget } from './normal-path.ts';
import { rewritePath } from './rewrite-path.ts';

describe('matching: a rewritten path', () => {
  it.each([
    [{ path: '/api/posts/*', rewrite: { prefix: '/v2/posts' } }, '/api/posts/7', '/v2/posts/7'],
    [{ path: '/api/posts/*', rewrite: { prefix: '/v2/posts' } }, '/api/posts', '/v2/posts'],
    [{ path: '/api/posts/*', rewrite: { prefix: '/v2/posts' } }, '/api/posts/', '/v2/posts/'],
    [{ path: '/api/*', rewrite: { prefix: '/' } }, '/api/posts/a%20b', '/posts/a%20b'],
    [{ path: '/api/*', rewrite: { prefix: '/' } }, '/api', '/'],
    [{ path: '/api/*', rewrite: { prefix: '/' } }, '/api/', '/'],
    [{ path: '/old', rewrite: { path: '/new' } }, '/old', '/new'],
    [{ path: '/old', rewrite: undefined }, '/old', '/old'],
  ])('%j: %s is %s', (route, path, rewritten) => {
    expect(rewritePath(route, path)).toBe(rewritten);
  });

  it.each(['/api/internal', '/api/internal/status', '/api/internal/', '/api/readyz', '/api/metrics'])(
    'never leads to what is not for the public: %s',
    (path) => {
      expect(rewritePath({ path: '/api/*', rewrite: { prefix: '/' } }, path)).toBeUndefined();
    },
  );

  it('is its own normal form and keeps the rest as it came, whatever the path is', () => {
    const characters = fc.constantFrom(...'ab%2e5c0.~-_;/'.split(''), '%41', '%20', '/internal', '/..');
    const prefix = fc.constantFrom('/', '/v2', '/v2/posts');
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 12 }), prefix, (parts, to) => {
        let path: string;
        try {
          ({ path } = parseTarget(`/api${parts.join('')}`));
        } catch {
          return;
        }
        if (!covers('/api/*', path)) return;
        const rewritten = rewritePath({ path: '/api/*', rewrite: { prefix: to } }, path);
        if (rewritten === undefined) return;
        expect(parseTarget(rewritten).path).toBe(rewritten);
        expect(rewritten).not.toMatch(/^\/internal(\/|$)/);
        expect(rewritten.endsWith(path.slice('/api'.length))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
