import { type CacheAddress, cacheAddressOf, type KeyParts, variantKey } from './cache-key.ts';
import type { CacheStore, Found } from './cache-store.ts';
import type { StoredAnswer } from './stored-answer.ts';

export const addressAt = (path: string, parts: Partial<KeyParts> = {}): CacheAddress =>
  cacheAddressOf({
    ...{ route: 'r', host: 'a.example', query: '', principal: undefined, vary: [] },
    ...parts,
    path,
  });

export const answerOf = (text: string, more: Partial<StoredAnswer> = {}): StoredAnswer => ({
  status: 200,
  headers: ['content-type', 'text/plain', 'x-many', 'a', 'x-many', 'b'],
  body: Buffer.from(text),
  policy: {
    ...{ v: 1, t: 0, sh: true, ch: 0, imm: 0, st: 200, m: 'GET', a: true, reqh: null, reqcc: {} },
    resh: { age: '0' },
    rescc: { 'max-age': '60' },
  },
  varyNames: [],
  mustRevalidate: false,
  standInMs: 0,
  keepUntilMs: Number.MAX_SAFE_INTEGER,
  ...more,
});

export type Asked = Readonly<Record<string, string>>;

export const findIn = (
  store: CacheStore,
  address: CacheAddress,
  headers: Asked = {},
): Found | Promise<Found> => store.find(address, (names) => variantKey(names, headers));

export const textIn = async (
  store: CacheStore,
  address: CacheAddress,
  headers: Asked = {},
): Promise<string | undefined> => (await findIn(store, address, headers)).answer?.body.toString();

/** As a gateway does it: looks first, keeps what came then. */
export const keepIn = async (
  store: CacheStore,
  address: CacheAddress,
  answer: StoredAnswer,
  headers: Asked = {},
): Promise<void> => {
  const { mark } = await findIn(store, address, headers);
  if (mark === undefined) throw new Error('Nothing can be kept at the moment.');
  store.keep(address, { mark, answer, variantOf: (names) => variantKey(names, headers) });
};
