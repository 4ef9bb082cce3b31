import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTarget } from './normal-path.ts';

describe('a path in normal form', () => {
  it.each([
    ['/', '/'],
    ['/api/posts', '/api/posts'],
    ['/api/posts/', '/api/posts/'],
    ['/.well-known/jwks.json', '/.well-known/jwks.json'],
    ['/api/a.b..c', '/api/a.b..c'],
    ['/api/%70osts', '/api/posts'],
    ['/api/%7euser', '/api/~user'],
    ['/api/%c3%a9', '/api/%C3%A9'],
    ['/api/a%20b', '/api/a%20b'],
    ['/api/%252e%252e', '/api/%252e%252e'],
    ['/api/a;b=1', '/api/a;b=1'],
  ])('%s is %s', (target, path) => {
    expect(parseTarget(target)).toEqual({ path, query: '', authority: undefined });
  });

  it('leaves the query as it came', () => {
    expect(parseTarget('/api/x?a=%2e%2E//../&b=?')).toMatchObject({
      path: '/api/x',
      query: '?a=%2e%2E//../&b=?',
    });
  });

  it('takes a target in absolute form apart', () => {
    expect(parseTarget('http://a.example:80/x?y')).toEqual({
      path: '/x',
      query: '?y',
      authority: 'a.example:80',
    });
    expect(parseTarget('HTTPS://a.example?y')).toEqual({ path: '/', query: '?y', authority: 'a.example' });
  });
});

describe('a path that could mean two things', () => {
  it.each([
    ...['/api/../internal', '/api/..', '/api/.', '/./api', '/..', '/.', '/api/./x'],
    ...['/api/%2e%2e/internal', '/api/.%2e/x', '/api/%2E/x', '/api/%2e%2e'],
    ...['//api', '/api//x', '//', '/api//', '//evil.example/api'],
    ...['/api%2fx', '/api%2Fx', '/api%5cx', '/api%5Cx', '/api\\x', '\\api', '/api/..\\x'],
    ...['/api/%00', '/api/%0a', '/api/%0D%0A', '/api/%7f', '/api/%1F'],
    ...[
      '/api/%',
      '/api/%2',
      '/api/%zz',
      '/api/%u0041',
      '/api/%c0%af',
      '/api/%ff',
      '/api/%c3',
      '/api/%ed%a0%80',
    ],
    ...[
      '/api#x',
      '/api/é',
      'api/x',
      '*',
      '',
      'ftp://a/x',
      'http://',
      'http:///x',
      'http://user@a/x',
      'http:/x',
    ],
  ])('%j is refused', (target) => {
    expect(() => parseTarget(target)).toThrow(expect.objectContaining({ code: 'malformed_request' }));
  });
});

describe('whatever a target is', () => {
  it('has a normal form that is its own normal form, or none', () => {
    const characters = fc.constantFrom(...'/abA%2e5cF0.~-_;?#\\'.split(''), '%2e', '%41', '%20', '/..', '//');
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 20 }), (parts) => {
        let normal: ReturnType<typeof parseTarget>;
        try {
          normal = parseTarget(`/${parts.join('')}`);
        } catch {
          return;
        }
        expect(parseTarget(normal.path + normal.query)).toEqual(normal);
        expect(normal.path).not.toMatch(/\/\/|\\|\/\.\.?(\/|$)|%2f|%5c|%2e/i);
      }),
      { numRuns: 2000 },
    );
  });
});
