import { describe, expect, it } from 'vitest';
import { gatherInBlocks } from './log-blocks.ts';

const setUp = () => {
  const calls: string[] = [];
  const output = gatherInBlocks(
    {
      write: (bytes: Buffer) => calls.push(String(bytes)) > 0,
      flush: (done?: (error?: Error) => void) => {
        calls.push('flush');
        done?.();
      },
      flushSync: () => void calls.push('flushSync'),
      end: () => void calls.push('end'),
    },
    40,
  );
  return { output, calls };
};

describe('log lines', () => {
  it('go out together once they fill a block, in their order', () => {
    const { output, calls } = setUp();
    output.write('one\n');
    output.write('two\n');
    output.write('three\n');
    output.write('four\n');
    expect(calls).toEqual([]);

    output.write('füñf 😀\n');
    output.write('six\n');
    output.handOver();

    expect(calls).toEqual(['one\ntwo\nthree\nfour\n', 'füñf 😀\nsix\n']);
  });

  it('go out by themselves where they are longer than a block, after what came before', () => {
    const { output, calls } = setUp();
    const long = `${'ü'.repeat(100)}\n`;
    output.write('one\n');
    output.write(long);
    output.write('two\n');
    output.handOver();

    expect(calls).toEqual(['one\n', long, 'two\n']);
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
