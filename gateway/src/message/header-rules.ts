/**
 * What becomes of each header of a client's request. Names are lower case.
 * - `drop`: hop-by-hop (RFC 9110 §7.6.1), who the client is (set anew by us), identity, method and URL overrides.
 * - `connection`: names others that are hop-by-hop too.
 * - `framing`: read and checked here, written anew by whoever sends the request on.
 * - `own`: read here and written anew as our own, if at all.
 * - `noted`: passes, and is read here too.
 * - `pass`: passes.
 */
export type HeaderRule = 'drop' | 'connection' | 'framing' | 'own' | 'noted' | 'pass';

const dropped = [
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
  'expect',
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-originating-ip',
  'x-remote-ip',
  'x-remote-addr',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'remote-user',
  'x-remote-user',
  'x-role',
  'x-roles',
  'x-admin',
  'x-original-url',
  'x-original-uri',
  'x-original-host',
  'x-host',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-request-deadline',
] as const;

const rules = new Map<string, HeaderRule>([
  ...dropped.map((name): [string, HeaderRule] => [name, 'drop']),
  ['connection', 'connection'],
  ['host', 'framing'],
  ['content-length', 'framing'],
  ['transfer-encoding', 'framing'],
  ['x-request-id', 'own'],
  ['traceparent', 'own'],
  ['tracestate', 'own'],
  ['via', 'own'],
  ['max-forwards', 'own'],
  ['x-api-key', 'own'], // never passes: a token stands for it
  ['authorization', 'noted'],
  ['idempotency-key', 'noted'],
  ['origin', 'noted'],
]);

/** `X-Forwarded-*`, and every family of names that a service could take for a statement about the caller. */
const droppedFamily =
  /^x-(?:forwarded|gatehouse|user|auth|authenticated|internal|service|principal|client-cert)(?:-|$)/;

/** The rule for a header. */
export const ruleFor = (name: string): HeaderRule => {
  const rule = rules.get(name);
  if (rule !== undefined) return rule;
  if (name.includes('_')) return 'drop';
  return name.startsWith('x-') && droppedFamily.test(name) ? 'drop' : 'pass';
};

export type NamedRule = Readonly<{ name: string; rule: HeaderRule }>;

/** What nearly every request carries, beside what has a rule. */
const usual = [
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-type',
  'cookie',
  'dnt',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'pragma',
  'priority',
  'range',
  'referer',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'upgrade-insecure-requests',
  'user-agent',
] as const;

/** `content-type` and `Content-Type`. */
const spellings = (name: string): [string, string] => [
  name,
  name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase()),
];

/**
 * The usual names as they are usually written: one look-up instead of a lower-case copy and a rule, and one string for
 * all requests. It never grows, whatever clients send.
 */
const known = new Map<string, NamedRule>(
  [...rules.keys(), ...usual].flatMap((name) => {
    const named: NamedRule = { name, rule: ruleFor(name) };
    return spellings(name).map((spelling): [string, NamedRule] => [spelling, named]);
  }),
);

/** Name and rule of a header, for the usual ones; undefined: take `ruleFor` its lower-case name. */
export const knownHeader = (spelling: string): NamedRule | undefined => known.get(spelling);

const droppedFromResponse = new Set([
  // For one hop.
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Said by the gateway alone; a service's own are not for the public.
  'x-request-id',
  'ratelimit',
  'ratelimit-policy',
  'server',
  'x-powered-by',
  'via',
]);

export const isDroppedFromResponse = (name: string): boolean => droppedFromResponse.has(name);

/** The names that a `Connection` header takes out, if it names any beside the usual options. */
export const namedByConnection = (value: string | undefined): ReadonlySet<string> | undefined => {
  if (value === undefined || value === 'keep-alive' || value === 'close') return undefined;
  const names = value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'keep-alive' && name !== 'close');
  return names.length === 0 ? undefined : new Set(names);
};
