import { describe, expect, it } from 'vitest';
import { variantKey } from './cache-key.ts';
import type { CacheStore } from './cache-store.ts';
import { addressAt, answerOf, findIn, keepIn, textIn } from './contract-fixture.ts';

/** An empty store of 1 MiB with at most four variants of an address. */
export type CacheStoreUnderTest = Readonly<{
  store: CacheStore;
  /** Another gateway's view of the same store, or the same one. */
  other: CacheStore;
  /** Resolves when everything that was to be kept is kept. */
  settled(): Promise<void>;
  /** Milliseconds since the epoch, for `keepUntilMs`. */
  now(): number;
  elapse(ms: number): Promise<void>;
}>;

export const contractBytes = 1_048_576;
export const contractVariants = 4;

/** What whoever uses the port may rely on, whatever the adapter. */
export const describeCacheStore = (adapter: string, setUp: () => Promise<CacheStoreUnderTest>): void => {
  describe(`a store of answers: ${adapter}`, () => {
    const here = addressAt('/a');

    it('gives back what was kept: status, headers, body, rules', async () => {
      const { store, other, settled } = await setUp();
      const answer = answerOf('ÿ\u0000binary', { status: 203, standInMs: 7, mustRevalidate: true });
      await keepIn(store, here, answer);
      await settled();

      expect((await findIn(other, here)).answer).toEqual(answer);
    });

    it('knows nothing of other addresses', async () => {
      const { store, settled } = await setUp();
      await keepIn(store, here, answerOf('mine'));
      await settled();

      expect(await textIn(store, addressAt('/a', { query: '?x' }))).toBeUndefined();
      expect(await findIn(store, addressAt('/b'))).toMatchObject({ answer: undefined, otherVariant: false });
    });

    it('takes the newer of two answers', async () => {
      const { store, settled } = await setUp();
      await keepIn(store, here, answerOf('old'));
      await keepIn(store, here, answerOf('new'));
      await settled();

      expect(await textIn(store, here)).toBe('new');
    });

    it('tells answers apart by the headers that they depend on', async () => {
      const { store, other, settled } = await setUp();
      const byLanguage = { varyNames: ['accept-language'] };
      await keepIn(store, here, answerOf('Hallo', byLanguage), { 'accept-language': 'de' });
      await keepIn(store, here, answerOf('Hello', byLanguage), { 'accept-language': 'en' });
      await keepIn(store, here, answerOf('?', byLanguage));
      await settled();

      expect(await textIn(other, here, { 'accept-language': 'de' })).toBe('Hallo');
      expect(await textIn(other, here, { 'accept-language': 'en' })).toBe('Hello');
      expect(await textIn(other, here)).toBe('?');
      expect(await findIn(other, here, { 'accept-language': 'fr' })).toMatchObject({
        answer: undefined,
        otherVariant: true,
      });
    });

    it('keeps so many variants of an address and no more', async () => {
      const { store, settled } = await setUp();
      for (let index = 0; index < 12; index += 1) {
        await keepIn(store, here, answerOf(`${index}`, { varyNames: ['x'] }), { x: `${index}` });
        await settled();
      }
      const found = await Promise.all(
        Array.from({ length: 12 }, (_, index) => textIn(store, here, { x: `${index}` })),
      );

      expect(found.filter((text) => text !== undefined)).toHaveLength(contractVariants);
      expect(found.at(-1)).toBe('11');
    });

    it('keeps an answer for its time', async () => {
      const { store, settled, now, elapse } = await setUp();
      await keepIn(store, here, answerOf('short', { keepUntilMs: now() + 1000 }));
      await settled();
      expect(await textIn(store, here)).toBe('short');

      await elapse(1001);
      expect(await textIn(store, here)).toBeUndefined();
    });

    it('forgets all answers of a path, whoever asked, and no others', async () => {
      const { store, other, settled } = await setUp();
      const there = addressAt('/b');
      const pages = [here, addressAt('/a', { query: '?page=2' }), addressAt('/a', { route: 'q', host: 'b' })];
      for (const address of [...pages, there]) await keepIn(store, address, answerOf('x'));
      await settled();
      await other.forget(here.path);

      expect(await Promise.all(pages.map((address) => textIn(store, address)))).toEqual(
        pages.map(() => undefined),
      );
      expect(await textIn(store, there)).toBe('x');
    });

    it('keeps nothing that was asked for before its path was forgotten', async () => {
      const { store, other, settled } = await setUp();
      const { mark } = await findIn(store, here);
      await other.forget(here.path);
      const variantOf = (names: readonly string[]) => variantKey(names, {});
      store.keep(here, { mark: mark ?? '', variantOf, answer: answerOf('before the write') });
      await settled();
      expect(await textIn(store, here)).toBeUndefined();

      await keepIn(store, here, answerOf('after it'));
      await settled();
      expect(await textIn(store, here)).toBe('after it');
    });

    it('stays within its bytes', async () => {
      const { store, settled } = await setUp();
      const body = 'x'.repeat(100_000);
      for (let index = 0; index < 30; index += 1) await keepIn(store, addressAt(`/${index}`), answerOf(body));
      await settled();
      const found = await Promise.all(
        Array.from({ length: 30 }, (_, index) => textIn(store, addressAt(`/${index}`))),
      );

      expect(found.filter((text) => text !== undefined).length).toBeGreaterThanOrEqual(5);
      expect(found.filter((text) => text !== undefined).length).toBeLessThanOrEqual(10);
      expect(store.report().bytes).toBeLessThanOrEqual(contractBytes);
    });

    it('keeps nothing that is larger than itself', async () => {
      const { store, settled } = await setUp();
      await keepIn(store, addressAt('/small'), answerOf('small'));
      await keepIn(store, here, answerOf('x'.repeat(contractBytes + 1)));
      await settled();

      expect(await textIn(store, here)).toBeUndefined();
      expect(await textIn(store, addressAt('/small'))).toBe('small');
    });
  });
};
