import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it, vi } from 'vitest';
import { superviseServer } from './supervisor.ts';

const noProcess = 2 ** 30; // above every process id

describe('a server that ended unasked', () => {
  it('is started again', async () => {
    const clock = createManualClock();
    const restart = vi.fn(async () => process.pid);
    const supervisor = superviseServer({ pid: noProcess, restart, clock, onNotice: () => {} });

    await vi.waitFor(() => expect(supervisor.restarts()).toBe(1));

    expect(supervisor.pid()).toBe(process.pid);
    expect(supervisor.state()).toBe('running');
    await clock.advance(5_000);
    expect(restart).toHaveBeenCalledOnce();
    await supervisor.stop();
  });

  it('is left alone after five attempts within a minute', async () => {
    const clock = createManualClock();
    const notices: string[] = [];
    const restart = vi.fn(async (): Promise<number> => {
      throw new Error('the disk is full');
    });
    const supervisor = superviseServer({
      pid: noProcess,
      restart,
      clock,
      onNotice: (line) => notices.push(line),
    });

    for (let attempt = 1; attempt <= 5; attempt++) {
      await vi.waitFor(() => expect(restart).toHaveBeenCalledTimes(attempt));
      await vi.waitFor(() => expect(clock.pending()).toBe(1));
      expect(supervisor.state()).toBe('restarting');
      await clock.advance(500);
    }

    await vi.waitFor(() => expect(supervisor.state()).toBe('failed'));
    expect(restart).toHaveBeenCalledTimes(5);
    expect(notices.at(-1)).toMatch(/not started again/);
    await supervisor.stop();
  });
});
