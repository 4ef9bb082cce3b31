import { get, passes, type WireCase } from '../wire-case.ts';

const names = [
  ...[
    'X-Gatehouse-Principal',
    'X-Gatehouse-Role',
    'X-Gatehouse-Anything',
    'X-User',
    'X-User-Id',
    'X-User-Role',
  ],
  ...[
    'X-Auth-User',
    'X-Auth-Request-Email',
    'X-Authenticated-User',
    'X-Principal',
    'X-Role',
    'X-Roles',
    'X-Admin',
  ],
  ...[
    'X-Service-Token',
    'X-Internal',
    'X-Internal-Secret',
    'X-Client-Cert-Subject',
    'Remote-User',
    'X-Remote-User',
  ],
  ...['X-Original-URL', 'X-Original-URI', 'X-Original-Host', 'X-Rewrite-URL', 'X-Host', 'X-HTTP-Method'],
  ...['X-HTTP-Method-Override', 'X-Method-Override', 'X-Real-IP', 'X-Client-IP', 'X-Cluster-Client-IP'],
  ...[
    'True-Client-IP',
    'CF-Connecting-IP',
    'Fastly-Client-IP',
    'X-Originating-IP',
    'X-Remote-IP',
    'X-Remote-Addr',
  ],
  ...[
    'X-Forwarded',
    'X-Forwarded-User',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'X-Forwarded-Server',
    'X-Forwarded-Email',
  ],
];

const set = {
  'x-forwarded-for': '127.0.0.1',
  'x-forwarded-host': 'a',
  'x-forwarded-proto': 'http',
  forwarded: 'for=127.0.0.1;host="a";proto=http',
};
const anew = (header: string): WireCase =>
  passes(`${header} is set anew`, 'RFC 7239 §8.1', get(header), { headers: set });

/** RFC 9110 §7.6.1 and RFC 7239 §8.1: who the client is, the gateway says, last and alone. */
export const identities: readonly WireCase[] = [
  ...names.map((name) =>
    passes(`${name} ends here`, 'RFC 9110 §17.1', get(`${name}: admin`), {
      headers: { [name.toLowerCase()]: undefined },
    }),
  ),
  ...names
    .filter((name) => name.startsWith('X-Gatehouse') || name === 'X-User-Id')
    .flatMap((name) => [name.toUpperCase(), name.replaceAll('-', '_'), name.replace('-', '_')])
    .map((name) =>
      passes(`${name} ends here`, 'RFC 9110 §5.1', get(`${name}: admin`), {
        headers: { [name.toLowerCase()]: undefined, [name.toLowerCase().replaceAll('_', '-')]: undefined },
      }),
    ),
  ...['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 6.6.6.6, 127.0.0.1', 'X-Forwarded-Host: evil'].map(anew),
  ...[
    'X-Forwarded-Proto: https',
    'Forwarded: for=6.6.6.6;host=evil;proto=https',
    'FORWARDED: for="[::1]"',
  ].map(anew),
  passes(
    'two lines of X-Forwarded-For',
    'RFC 7239 §8.1',
    get('X-Forwarded-For: 6.6.6.6', 'x-forwarded-for: 7.7.7.7'),
    {
      headers: set,
    },
  ),
  passes(
    'what only looks like it passes',
    'RFC 9110 §5.1',
    get('X-Username-Hint: a', 'X-Authority: b', 'X-Rolex: c'),
    {
      headers: { 'x-username-hint': 'a', 'x-authority': 'b', 'x-rolex': 'c' },
    },
  ),
];
