import { createManualClock } from '@gatehouse/testing';
import { describe, expect, it } from 'vitest';
import { superviseChild } from './supervised-child.ts';

const supervise = () => {
  const clock = createManualClock();
  const reports: string[] = [];
  const signals: string[] = [];
  const ends: ((how: string) => void)[] = [];
  const child = superviseChild({
    name: 'posts-1',
    start: () => {
      const { promise: ended, resolve } = Promise.withResolvers<string>();
      ends.push(resolve);
      return { pid: ends.length, ended, kill: (signal) => void signals.push(signal) };
    },
    report: (line) => reports.push(line),
    clock,
    stopLimitMs: 12_000,
  });
  const end = async (how: string) => {
    ends.at(-1)?.(how);
    await Promise.resolve();
  };
  return { child, clock, reports, signals, end, starts: () => ends.length };
};

describe('a process that ends unasked', () => {
  it('is reported, and started again half a second later', async () => {
    const { child, clock, reports, end, starts } = supervise();
    await end('SIGKILL');

    expect(reports).toEqual(['posts-1 ended (SIGKILL); it starts again in 0.5 s.']);
    expect([child.state(), child.pid()]).toEqual(['waiting', undefined]);
    await clock.advance(500);
    expect([child.state(), child.pid(), starts()]).toEqual(['running', 2, 2]);
  });

  it('again and again waits longer each time, at most 10 s, and is given up after 20', async () => {
    const { child, clock, reports, end, starts } = supervise();
    for (let n = 0; n < 20; n += 1) {
      await end('exit code 1');
      await clock.advance(9_999);
      await clock.advance(1);
    }

    expect(reports.slice(0, 7).map((line) => / in (.*) s/.exec(line)?.[1])).toEqual([
      '0.5',
      '1',
      '2',
      '4',
      '8',
      '10',
      '10',
    ]);
    expect(reports.at(-1)).toMatch(/not started again/);
    expect([child.state(), starts()]).toEqual(['given-up', 20]);
  });

  it('after a life of 10 s begins a new row', async () => {
    const { clock, reports, end } = supervise();
    await end('SIGKILL');
    await clock.advance(500);
    await clock.advance(10_000);
    await end('SIGKILL');

    expect(reports[1]).toMatch(/ in 0.5 s/);
  });
});

describe('a process that is asked to end', () => {
  it('drains, and is not started again', async () => {
    const { child, clock, signals, end, starts } = supervise();
    const stopped = Promise.all([child.stop(), child.stop()]);
    await end('exit code 0');
    await stopped;

    expect(signals).toEqual(['SIGTERM']);
    expect([child.state(), starts(), clock.pending()]).toEqual(['stopped', 1, 0]);
  });

  it('is killed when it does not', async () => {
    const { child, clock, signals, reports, end } = supervise();
    const stopped = child.stop();
    await clock.advance(12_000);
    await end('SIGKILL');
    await stopped;

    expect(signals).toEqual(['SIGTERM', 'SIGKILL']);
    expect(reports).toEqual(['posts-1 did not end within 12 s: it is killed.']);
  });

  it('while it waits for its next start just does not start', async () => {
    const { child, clock, end, starts } = supervise();
    await end('SIGKILL');
    await child.stop();
    await clock.advance(60_000);

    expect([child.state(), starts()]).toEqual(['stopped', 1]);
  });
});
