import { describe, expect, it } from 'vitest';
import type { PluginState, PluginStates } from './plugin-states.ts';

const comments: PluginState = {
  name: 'comments',
  version: '1.0.0',
  state: 'active',
  config: { limit: 5000 },
};

/** What every adapter keeps; `open` gives an empty one. */
export const pluginStatesContract = (adapter: string, open: () => Promise<PluginStates>): void => {
  describe(`plugin states, ${adapter}`, () => {
    it('are empty at first', async () => {
      const states = await open();

      expect(await states.read()).toEqual([]);
    });

    it('keep the last of each plugin', async () => {
      const states = await open();
      await states.save(comments);
      await states.save({ ...comments, version: '1.1.0', state: 'inactive', config: {} });
      await states.save({ ...comments, name: 'upload' });

      expect(await states.read()).toEqual([
        { name: 'comments', version: '1.1.0', state: 'inactive', config: {} },
        { ...comments, name: 'upload' },
      ]);
    });

    it('let one at a time work alone', async () => {
      const states = await open();
      let inside = 0;
      const seen: number[] = [];
      const work = () =>
        states.exclusively(async () => {
          inside += 1;
          await states.read();
          seen.push(inside);
          inside -= 1;
        });

      await Promise.all([work(), work(), work()]);

      expect(seen).toEqual([1, 1, 1]);
    });

    it('go on after work that failed', async () => {
      const states = await open();

      await expect(states.exclusively(() => Promise.reject(new RangeError('no')))).rejects.toThrow('no');
      expect(await states.exclusively(async () => 'next')).toBe('next');
    });
  });
};
