import { describe, expect, it } from 'vitest';
import { noFacts, type RouteSketch, tableOf } from '../fixture/route-sketches.ts';
import { allowedAt, chooseRoute } from './choose-route.ts';
import type { RequestFacts } from './request-facts.ts';

const ask = (routes: readonly RouteSketch[], facts: Partial<RequestFacts>, method = 'GET') => {
  const found = tableOf(routes).find('/x');
  const all = { ...noFacts, ...facts };
  return found && (chooseRoute(found, method, all)?.settings.name ?? allowedAt(found, all));
};
const headers = (values: Readonly<Record<string, string>>): Partial<RequestFacts> => ({ headers: values });

describe('matching: by host', () => {
  const routes = [
    { name: 'any', path: '/x' },
    { name: 'wide', path: '/x', host: '*.example.org' },
    { name: 'deep', path: '/x', host: '*.eu.example.org' },
    { name: 'exact', path: '/x', host: 'a.example.org' },
  ];

  it.each([
    ['a.example.org', 'exact'],
    ['A.Example.ORG:8443', 'exact'],
    ['a.example.org.', 'exact'],
    ['b.example.org', 'wide'],
    ['a.b.example.org', 'wide'],
    ['a.eu.example.org', 'deep'],
    ['example.org', 'any'],
    ['eu.example.org', 'wide'],
    ['evil-example.org', 'any'],
    ['example.org.evil.com', 'any'],
    ['[::1]:80', 'any'],
    [undefined, 'any'],
  ])('%s goes to %s', (host, name) => {
    expect(ask(routes, { host })).toBe(name);
  });
});

describe('matching: by header', () => {
  const routes = [
    { name: 'any', path: '/x' },
    { name: 'value', path: '/x', headers: { 'X-Beta': 'yes' } },
    { name: 'two', path: '/x', headers: { 'x-beta': 'yes', 'x-team': { present: true } } },
    { name: 'pattern', path: '/x', headers: { 'x-team': { regex: '^a[0-9]+$' } } },
  ];

  it.each([
    [{}, 'any'],
    [{ 'x-beta': 'yes' }, 'value'],
    [{ 'x-beta': 'Yes' }, 'any'],
    [{ 'x-beta': 'yes, yes' }, 'any'],
    [{ 'x-beta': 'yes', 'x-team': 'b' }, 'two'],
    [{ 'x-team': 'a12' }, 'pattern'],
    [{ 'x-team': `a${'1'.repeat(300)}` }, 'any'],
  ])('%j goes to %s', (values, name) => {
    expect(ask(routes, headers(values))).toBe(name);
  });

  it('that is not there', () => {
    const absent = [
      { name: 'anonymous', path: '/x', headers: { 'x-user': { present: false } } },
      { name: 'known', path: '/x', headers: { 'x-user': { present: true } } },
    ];
    expect(ask(absent, {})).toBe('anonymous');
    expect(ask(absent, headers({ 'x-user': '' }))).toBe('known');
  });

  it('takes a preflight by the names that it announces', () => {
    const preflight = { isPreflight: true, headers: { 'access-control-request-headers': 'a, X-Beta' } };
    expect(ask(routes, preflight)).toBe('value');
    expect(ask(routes, { isPreflight: true })).toBe('any');
  });
});

describe('matching: by query', () => {
  const routes = [
    { name: 'any', path: '/x' },
    { name: 'one', path: '/x', query: { view: 'full' } },
    { name: 'both', path: '/x', query: { view: 'full', lang: 'de' } },
  ];

  it.each([
    ['', 'any'],
    ['?view=full', 'one'],
    ['?a=b&view=f%75ll', 'one'],
    ['?view=full&view=short', 'any'],
    ['?lang=de&view=full', 'both'],
    ['?view=full%0Ade', 'any'],
  ])('%s goes to %s', (query, name) => {
    expect(ask(routes, { query })).toBe(name);
  });
});

describe('matching: by version', () => {
  const routes = [
    { name: 'any', path: '/x' },
    { name: 'one', path: '/x', version: '1' },
    { name: 'two', path: '/x', version: '2.0.x' },
    { name: 'new', path: '/x', version: '>=2.1 <3' },
  ];

  it.each([
    ['1', 'one'],
    ['1.4', 'one'],
    ['1.4.2', 'one'],
    ['v2.0.7', 'two'],
    ['2.0', 'two'],
    ['2', 'new'],
    ['2.5.0', 'new'],
    ['3', 'any'],
    ['*', 'any'],
    ['>=1', 'any'],
    ['1 || 2', 'any'],
  ])('Accept-Version: %s goes to %s', (version, name) => {
    expect(ask(routes, headers({ 'accept-version': version }))).toBe(name);
  });

  it('asks the header before the parameter', () => {
    expect(ask(routes, { query: '?version=1' })).toBe('one');
    expect(ask(routes, { query: '?version=1', headers: { 'accept-version': '2.0' } })).toBe('two');
  });
});

describe('matching: by method', () => {
  it('goes before host, header, query and version', () => {
    const routes = [
      { name: 'named', path: '/x', methods: ['GET'] },
      { name: 'all', path: '/x', host: 'a.example.org', headers: { a: 'b' } },
    ];
    const facts = { host: 'a.example.org', headers: { a: 'b' } };
    expect(ask(routes, facts)).toBe('named');
    expect(ask(routes, facts, 'PUT')).toBe('all');
  });

  it('prefers a HEAD of its own to the one that goes with GET', () => {
    const routes = [
      { name: 'get', path: '/x', methods: ['GET'] },
      { name: 'head', path: '/x', methods: ['HEAD'] },
    ];
    expect(ask(routes, {}, 'HEAD')).toBe('head');
    expect(ask(routes, {}, 'GET')).toBe('get');
  });
});

describe('matching: what no route takes', () => {
  const routes = [
    { name: 'read', path: '/x', methods: ['GET'], headers: { a: '1' } },
    { name: 'write', path: '/x', methods: ['POST'], headers: { a: '2' } },
    { name: 'below', path: '/*'.replace('/', '/y/'), methods: ['GET'] },
  ];

  it('is 405 with the methods that this very request could have used', () => {
    expect(ask(routes, headers({ a: '1' }), 'POST')).toBe('GET, HEAD, OPTIONS');
    expect(ask(routes, headers({ a: '2' }), 'GET')).toBe('OPTIONS, POST');
  });

  it('is 404 where conditions keep every route from it', () => {
    expect(ask(routes, headers({ a: '3' }))).toBeUndefined();
  });

  it('falls to the path above when conditions keep the longest one from it', () => {
    const found = tableOf([
      { name: 'base', path: '/api/*' },
      { name: 'beta', path: '/api/posts', host: 'beta.example.org' },
    ]).find('/api/posts');
    expect(found && chooseRoute(found, 'GET', noFacts)?.settings.name).toBe('base');
  });
});

describe('matching: a path without conditions', () => {
  it('has nothing to choose, whatever other paths have', () => {
    const table = tableOf([
      { name: 'plain', path: '/plain/*' },
      { name: 'picky', path: '/picky', host: 'a.example.org' },
      { name: 'deep', path: '/plain/deep', headers: { a: '1' }, methods: ['PUT'] },
    ]);
    expect(table.find('/plain/7')?.choices).toBeUndefined();
    expect(table.find('/plain/deep')?.routes.get('GET')?.settings.name).toBe('plain');
    expect([...(table.find('/plain/deep')?.choices?.keys() ?? [])]).toEqual(['PUT']);
  });
});
