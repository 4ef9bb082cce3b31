import { describe, expect, it } from 'vitest';
import { gatherInBlocks } from './log-blocks.ts';

const setUp = () => {
  const calls: string[] = [];
  const output = gatherInBlocks(
    {
      write: (text: string) => calls.push(text) > 0,
      flush: (done?: (error?: Error) => void) => {
        calls.push('flush');
        done?.();
      },
      flushSync: () => void calls.push('flushSync'),
      end: () => void calls.push('end'),
    },
    10,
  );
  return { output, calls };
};

describe('log lines', () => {
  it('go out together once they fill a block, in their order', () => {
    const { output, calls } = setUp();
    output.write('one\n');
    output.write('two\n');
    expect(calls).toEqual([]);

    output.write('three\n');
    output.write('four\n');

    expect(calls).toEqual(['one\ntwo\nthree\n']);
  });

  it.each(['flush', 'flushSync', 'end'] as const)('go out before %s, once', (emptied) => {
    const { output, calls } = setUp();
    output.write('one\n');
    output[emptied]();
    output[emptied]();

    expect(calls).toEqual(['one\n', emptied, emptied]);
  });

  it('are handed over when somebody says so, without having the disk written', () => {
    const { output, calls } = setUp();
    output.write('one\n');
    output.handOver();

    expect(calls).toEqual(['one\n']);
  });

  it('pass on who waits for a flush', () => {
    const { output } = setUp();
    let done = false;
    output.flush(() => {
      done = true;
    });

    expect(done).toBe(true);
  });
});
