/** RFC 6901: `['items', 0, 'a/b']` → `/items/0/a~1b`; the whole document is the empty text. */
export const toPointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
