import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { lockInstance } from './instance-lock.ts';

const self = { pid: 812, url: 'http://localhost:8080' };

describe('a data folder', () => {
  it('is held by one running product, which a second start is told', async () => {
    const dataDir = `/data/${randomUUID()}`;
    const first = await lockInstance(dataDir, self);

    expect(await lockInstance(dataDir, { pid: 9, url: 'http://localhost:9' })).toEqual({
      runningAlready: self,
    });
    if ('lock' in first) await first.lock.release();
  });

  it('is free again once it was released', async () => {
    const dataDir = `/data/${randomUUID()}`;
    for (let round = 0; round < 2; round += 1) {
      const taken = await lockInstance(dataDir, self);
      expect(taken).toHaveProperty('lock');
      if ('lock' in taken) await taken.lock.release();
    }
  });

  it('does not stand in the way of another', async () => {
    const [one, two] = await Promise.all([
      lockInstance(`/data/${randomUUID()}`, self),
      lockInstance(`/data/${randomUUID()}`, self),
    ]);

    expect([one, two].every((taken) => 'lock' in taken)).toBe(true);
    for (const taken of [one, two]) if ('lock' in taken) await taken.lock.release();
  });
});
