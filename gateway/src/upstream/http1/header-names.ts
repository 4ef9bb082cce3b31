/** What a header says about its own message: `none` for nearly all. */
type Part = 'none' | 'length' | 'coding' | 'connection' | 'keep-alive';

/** A name in lower case and what it is for. */
type HeaderName = Readonly<{ name: string; part: Part }>;

/** What services usually say. */
const usual = [
  'accept-ranges',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'age',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-range',
  'content-security-policy',
  'content-type',
  'date',
  'expires',
  'last-modified',
  'link',
  'location',
  'referrer-policy',
  'retry-after',
  'server',
  'set-cookie',
  'strict-transport-security',
  'vary',
  'x-content-type-options',
  'x-frame-options',
  'x-powered-by',
  'x-request-id',
] as const;

const framing: readonly HeaderName[] = [
  { name: 'content-length', part: 'length' },
  { name: 'transfer-encoding', part: 'coding' },
  { name: 'connection', part: 'connection' },
  { name: 'keep-alive', part: 'keep-alive' },
];

const capitalised = (name: string): string => name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());

/** The usual names as they are usually spelt: found without a second string. It never grows, whatever services send. */
const known = new Map<string, HeaderName>(
  [
    ...usual.map((name): HeaderName => ({ name, part: 'none' })),
    ...framing,
    { name: 'etag', part: 'none' } as const,
  ]
    .flatMap((each): [string, HeaderName][] => [
      [each.name, each],
      [capitalised(each.name), each],
    ])
    .concat([['ETag', { name: 'etag', part: 'none' }]]),
);

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Undefined: it is no name at all, such as one with a space before the colon, or the beginning of a folded line. */
export const readHeaderName = (spelling: string): HeaderName | undefined => {
  const found = known.get(spelling);
  if (found !== undefined) return found;
  if (!token.test(spelling)) return undefined;
  const name = spelling.toLowerCase();
  return known.get(name) ?? { name, part: 'none' };
};
