import { describe, expect, it } from 'vitest';
import { pathKey } from './cache-key.ts';
import { forgetOnWrite } from './forget-on-write.ts';
import { createScene, reply, type Script } from './policy-fixture.ts';

const setUp = (script: Script) => {
  const forgotten: string[] = [];
  let release = (): void => {};
  const store = {
    forget: (path: string) => {
      forgotten.push(path);
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    },
  };
  const scene = createScene(() => forgetOnWrite(store), script);
  return { ...scene, forgotten, release: () => release() };
};

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('same GETs: a write, when the store is outside', () => {
  it('is answered when the store has forgotten what it makes worthless, not before', async () => {
    let goesOn: boolean | undefined;
    let drained = 0;
    const { send, forgotten, release } = setUp(({ exchange }) => {
      const resume = (): void => {
        drained += 1;
      };
      exchange.underway = { abandon: () => {}, resume };
      exchange.sink?.head(201, [...exchange.answerHeaders, 'x-a', 'b']);
      goesOn = exchange.sink?.data(Buffer.from('done'));
      exchange.sink?.end();
    });
    const { got } = send({ method: 'POST' });
    await settle();
    expect([got.state, goesOn, forgotten]).toEqual(['waiting', false, [pathKey('/a')]]);

    release();
    await settle();
    expect(got).toMatchObject({ status: 201, body: 'done', state: 'whole', headers: { 'x-a': 'b' } });
    expect(drained).toBe(1);
  });

  it('that breaks off meanwhile is broken off', async () => {
    const { send, release } = setUp(({ exchange }) => {
      exchange.sink?.head(200, []);
      exchange.sink?.breakOff();
    });
    const { got } = send({ method: 'PUT' });
    await settle();
    release();
    await settle();

    expect(got).toMatchObject({ status: 200, state: 'broken' });
  });

  it('of unknown outcome drops what is stored as well; one that was refused does not', async () => {
    const failing = setUp(async () => {
      throw new Error('reset');
    });
    const { got } = failing.send({ method: 'PATCH' });
    await settle();
    expect([failing.forgotten, got.state]).toEqual([[pathKey('/a')], 'waiting']);
    failing.release();
    await settle();
    expect(got.state).toBe('refused');

    const refused = setUp((one) => reply(one, 'no', {}, 422));
    expect(await refused.ask({ method: 'DELETE' })).toMatchObject({ status: 422, state: 'whole' });
    expect(refused.forgotten).toEqual([]);
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('%s is none', async (method) => {
    const { ask, forgotten } = setUp((one) => reply(one, 'x'));
    expect((await ask({ method })).state).toBe('whole');

    expect(forgotten).toEqual([]);
  });
});
