import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RouteSketch, tableOf } from '../fixture/route-sketches.ts';
import { allowedAt, chooseRoute } from './choose-route.ts';
import { explainRoute } from './explain-route.ts';
import type { RequestFacts } from './request-facts.ts';
import type { RouteTable } from './route-table.ts';

const segment = fc.constantFrom('a', 'b');
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => `/${segments.join('/')}`);
const few = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const values = fc.constantFrom('1', '2');
const condition = fc.oneof(
  values,
  fc.constantFrom({ regex: '^[12]$' }, { present: true }, { present: false }),
);

const sketch = fc.record({
  path: fc.tuple(path, fc.constantFrom('', '/*')).map(([base, end]) => base + end),
  methods: few(fc.uniqueArray(fc.constantFrom('GET', 'HEAD', 'POST'), { minLength: 1 })),
  host: few(fc.constantFrom('x.org', 'a.x.org', '*.x.org', '*.a.x.org')),
  headers: few(fc.dictionary(fc.constantFrom('h', 'k'), condition, { maxKeys: 2 })),
  query: few(fc.dictionary(fc.constantFrom('p', 'q'), values, { maxKeys: 2 })),
  version: few(fc.constantFrom('1', '2', '2.1', '>=1.5')),
});

const request = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'),
  path,
  host: fc.constantFrom('x.org', 'a.x.org', 'b.x.org', 'b.a.x.org', 'y.org'),
  headers: fc.dictionary(
    fc.constantFrom('h', 'k', 'accept-version'),
    fc.constantFrom('1', '2', '2.1.3', '3'),
  ),
  query: fc.constantFrom('', '?p=1', '?p=2&q=1', '?p=1&p=1', '?version=2.1', '?q=2&version=1.7.0'),
  isPreflight: fc.constantFrom(false, false, true),
});

/** As many of the routes as go together: each that collides with an earlier one is left out. */
const compatible = (sketches: readonly Omit<RouteSketch, 'name'>[]): readonly RouteSketch[] => {
  const kept: RouteSketch[] = [];
  for (const [index, each] of sketches.entries()) {
    const route = { ...each, name: `r${index}` } as RouteSketch;
    try {
      tableOf([...kept, route]);
      kept.push(route);
    } catch {}
  }
  return kept;
};

const covers = (pattern: string, asked: string): boolean =>
  pattern.endsWith('/*')
    ? asked === pattern.slice(0, -2) || asked.startsWith(pattern.slice(0, -1))
    : pattern === asked;

/** Every condition, as GATEWAY.md says it, with nothing of the table's own. */
const meets = ({ host, headers = {}, query = {}, version }: RouteSketch, facts: RequestFacts): boolean => {
  const named = facts.host ?? '';
  const header = (name: string) => facts.headers[name] as string | undefined;
  const parameters = new URLSearchParams(facts.query);
  const parameter = (name: string) =>
    parameters.getAll(name).length === 1 ? parameters.get(name) : undefined;
  const asked = header('accept-version') ?? parameter('version');
  return (
    (host === undefined || (host.startsWith('*.') ? named.endsWith(host.slice(1)) : named === host)) &&
    Object.entries(headers).every(([name, wanted]) => {
      const value = header(name);
      if (typeof wanted === 'string') return value === wanted;
      const { present, regex } = wanted as { present?: boolean; regex?: string };
      if (present !== undefined) return (value !== undefined) === present;
      return value !== undefined && new RegExp(regex ?? '').test(value);
    }) &&
    Object.entries(query).every(([name, value]) => parameter(name) === value) &&
    (version === undefined || (asked != null && versions[version]?.includes(asked) === true))
  );
};

/** Which of the versions that the test asks for each range is content with. */
const versions: Readonly<Record<string, readonly string[]>> = {
  '1': ['1', '1.7.0'],
  '2': ['2', '2.1', '2.1.3'],
  '2.1': ['2', '2.1', '2.1.3'],
  '>=1.5': ['1', '1.7.0', '2', '2.1', '2.1.3', '3'],
};
const leastVersion = ['1', '>=1.5', '2', '2.1'];

/** What comes first, as a list that is compared place by place. */
const rank = (route: RouteSketch, method: string): readonly number[] => {
  const conditions = Object.values(route.headers ?? {});
  const { methods, host } = route;
  return [
    route.path.replace('/*', '').split('/').length,
    route.path.endsWith('/*') ? 0 : 1,
    methods === undefined ? 0 : method === 'HEAD' && methods.includes('GET') ? 1 : 2,
    host === undefined ? 0 : host.startsWith('*') ? host.split('.').length : 99,
    conditions.length,
    conditions.filter((each) => typeof each === 'string').length,
    conditions.filter((each) => typeof each === 'object' && each !== null && 'regex' in each).length,
    Object.keys(route.query ?? {}).length,
    route.version === undefined ? 0 : 1 + leastVersion.indexOf(route.version),
  ];
};

const answers = ({ methods }: RouteSketch, method: string): boolean =>
  methods === undefined || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'));

type Asked = RequestFacts & Readonly<{ method: string; path: string }>;

const naive = (routes: readonly RouteSketch[], asked: Asked, method = asked.method): string | undefined =>
  routes
    .filter((route) => covers(route.path, asked.path) && answers(route, method) && meets(route, asked))
    .map((route) => ({ name: route.name, rank: rank(route, method) }))
    .sort((one, other) => compare(other.rank, one.rank))[0]?.name;

const compare = (one: readonly number[], other: readonly number[]): number =>
  one.map((value, index) => value - (other[index] ?? 0)).find((difference) => difference !== 0) ?? 0;

const found = (table: RouteTable, asked: Asked): string | undefined => {
  const at = table.find(asked.path);
  return at && chooseRoute(at, asked.method, asked)?.settings.name;
};

describe('matching: whatever the routes and the request are', () => {
  const routes = fc.array(sketch, { minLength: 1, maxLength: 8 }).map(compatible);

  it('the table finds what trying the routes one by one finds, and allows what they would take', () => {
    fc.assert(
      fc.property(routes, fc.array(request, { minLength: 1, maxLength: 20 }), (sketches, requests) => {
        const table = tableOf(sketches);
        for (const each of requests) {
          const asked = { ...each, isPreflight: false };
          expect(found(table, asked)).toBe(naive(sketches, asked));
          const allowed = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'].filter(
            (method) => naive(sketches, asked, method) !== undefined,
          );
          const at = table.find(asked.path);
          expect(
            at &&
              allowedAt(at, asked)
                ?.split(', ')
                .filter((method) => method !== 'OPTIONS'),
          ).toEqual(allowed.length === 0 ? undefined : allowed);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('the order of the file decides nothing', () => {
    fc.assert(
      fc.property(routes, request, (sketches, asked) => {
        expect(found(tableOf([...sketches].reverse()), asked)).toBe(found(tableOf(sketches), asked));
      }),
    );
  });

  it('the explanation names the route that is taken, and something against every other', () => {
    fc.assert(
      fc.property(routes, request, (sketches, asked) => {
        const table = tableOf(sketches);
        const explained = explainRoute(table, { method: asked.method, path: asked.path, facts: asked });
        expect(explained.route).toBe(found(table, asked));
        for (const verdict of explained.routes) {
          expect(verdict.matches).toBe(verdict.route === explained.route);
          if (verdict.matches) expect(verdict.objections).toEqual([]);
        }
      }),
    );
  });
});
