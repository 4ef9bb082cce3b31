import { describe, expect, it } from 'vitest';
import { atTurnEnd } from './at-turn-end.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const setUp = () => {
  const done: string[] = [];
  const add = (name: string, then = (): void => {}): void =>
    atTurnEnd({
      atTurnEnd: () => {
        done.push(name);
        then();
      },
    });
  return { done, add };
};

describe('the end of a turn', () => {
  it('does all that was left to it, in the order in which it came', async () => {
    const { done, add } = setUp();
    for (const name of ['one', 'two', 'three']) add(name);
    expect(done).toEqual([]);
    await turn();

    expect(done).toEqual(['one', 'two', 'three']);
  });

  it('does each thing once, and what is left to it meanwhile at the next one', async () => {
    const { done, add } = setUp();
    add('first', () => add('second'));
    await turn();
    expect(done).toEqual(['first']);
    await turn();
    await turn();

    expect(done).toEqual(['first', 'second']);
  });
});
