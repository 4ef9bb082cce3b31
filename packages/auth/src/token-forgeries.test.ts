import { beforeEach, describe, expect, it } from 'vitest';
import { startVerifier } from './fixture/start-verifier.ts';
import { generateSigningKey } from './signing-key.ts';
import { createTokenForgeries } from './testing/token-forgeries.ts';

const unauthenticated = expect.objectContaining({ code: 'unauthenticated', kind: 'unauthenticated' });
const stranger = await generateSigningKey();

let { clock, key, keysAsked, verify } = await startVerifier();
let { good, holder, forgeries } = createTokenForgeries({ key, stranger, clock });
beforeEach(async () => {
  ({ clock, key, keysAsked, verify } = await startVerifier());
  ({ good, holder, forgeries } = createTokenForgeries({ key, stranger, clock }));
});

describe('a token that is made by hand', () => {
  it('is good when nothing of it is forged', async () => {
    await expect(verify(good())).resolves.toMatchObject({ id: holder.sub });
  });
});

describe('authentication: a forged token is refused', () => {
  it.each(Object.keys(forgeries))('%s', async (name) => {
    const forged = await forgeries[name]?.();

    await expect(verify(forged ?? '')).rejects.toEqual(unauthenticated);
  });

  it.each([
    ['nothing at all', () => ''],
    ['blanks around it', () => ` ${good()} `],
    ['a line after it', () => `${good()}\n`],
    ['a million letters', () => `a.${'b'.repeat(1_000_000)}.c`],
  ])('%s', async (_, make) => {
    await expect(verify(make())).rejects.toEqual(unauthenticated);
  });

  it('every time, for none is remembered', async () => {
    const forged = (await forgeries["a stranger's key under our kid"]?.()) ?? '';
    await expect(verify(forged)).rejects.toEqual(unauthenticated);
    await expect(verify(forged)).rejects.toEqual(unauthenticated);

    expect(keysAsked()).toBe(2);
  });

  it('without asking for keys when it does not look like ours', async () => {
    for (const name of ['no algorithm', 'no kid', 'its own key in the header (jwk)', 'a very long one']) {
      await expect(verify((await forgeries[name]?.()) ?? '')).rejects.toEqual(unauthenticated);
    }

    expect(keysAsked()).toBe(0);
  });
});
