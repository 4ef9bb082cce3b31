import { describe, expect, it } from 'vitest';
import { AnswerBatch, type Finishable } from './answer-batch.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the answers of one turn', () => {
  it('go out when it is over, in the order in which they came', async () => {
    const batch = new AnswerBatch();
    const out: string[] = [];
    for (const name of ['one', 'two', 'three']) batch.add({ finish: () => void out.push(name) });
    expect(out).toEqual([]);
    await turn();

    expect(out).toEqual(['one', 'two', 'three']);
  });

  it('go out once, and one that comes with them goes out in the turn that follows', async () => {
    const batch = new AnswerBatch();
    const out: string[] = [];
    const second: Finishable = { finish: () => void out.push('second') };
    batch.add({
      finish: () => {
        out.push('first');
        batch.add(second);
      },
    });
    await turn();
    expect(out).toEqual(['first']);
    await turn();
    await turn();

    expect(out).toEqual(['first', 'second']);
  });
});
