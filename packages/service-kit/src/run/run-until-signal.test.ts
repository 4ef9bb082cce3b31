import { describe, expect, it } from 'vitest';
import { runUntilSignal } from './run-until-signal.ts';

/** As the system would: the handlers of this process are called, nothing is killed. */
const signal = (name: 'SIGINT' | 'SIGTERM' = 'SIGTERM') => void process.emit(name, name);

const never = new Promise<never>(() => {});

describe('a process that was told to end', () => {
  it('stops what it started, and says that all is well', async () => {
    const said: string[] = [];
    const code = runUntilSignal({
      start: async () => ({ stop: async () => void said.push('stopped') }),
      stopLimitMs: 10_000,
      onStopping: () => said.push('stopping'),
    });
    signal();

    expect(await code).toBe(0);
    expect(said).toEqual(['stopping', 'stopped']);
    expect(process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')).toBe(0);
  });

  it('ends at once when it is told twice', async () => {
    const code = runUntilSignal({
      start: async () => ({ stop: () => never }),
      stopLimitMs: 10_000,
      onStopping: () => queueMicrotask(() => signal('SIGINT')),
    });
    signal('SIGINT');

    expect(await code).toBe(130);
  });

  it('does not wait for ever for what hangs', async () => {
    const code = runUntilSignal({ start: async () => ({ stop: () => never }), stopLimitMs: 1 });
    signal();

    expect(await code).toBe(1);
  });

  it('while it was still starting gives that up', async () => {
    const code = runUntilSignal({
      start: (stopping) =>
        new Promise((_, reject) => stopping.addEventListener('abort', () => reject(new RangeError('ended')))),
      stopLimitMs: 10_000,
    });
    signal();

    expect(await code).toBe(0);
  });
});

describe('a start that fails', () => {
  it('is told to whoever called', async () => {
    const start = () => Promise.reject(new RangeError('no room'));

    await expect(runUntilSignal({ start, stopLimitMs: 1 })).rejects.toThrow('no room');
  });
});
