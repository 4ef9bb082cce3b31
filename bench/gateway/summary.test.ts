import { describe, expect, it } from 'vitest';
import type { Slice } from './slice.ts';
import { median, summarise, toTable } from './summary.ts';

const slice = (cpuUs: number, clean = true): Slice => ({
  ...{
    round: 1,
    cpuUs,
    kernelUs: cpuUs / 3,
    redisUs: undefined,
    perSecond: 1e6 / cpuUs,
    p50Ms: 1,
    p99Ms: 2,
    rssMb: 100,
  },
  ...{
    requests: 1000,
    gatewayCores: 1,
    foreignCores: clean ? 0 : 0.5,
    stolenCores: 0,
    countedInRedis: true,
    clean,
  },
});

const measured = (name: string, slices: readonly Slice[]) => ({ name, doing: 'nothing', slices });

describe('a table of several contenders', () => {
  it('takes the one in the middle, or what lies between the two', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 100])).toBe(3.5);
  });

  it('leaves disturbed slices out, however low they are', () => {
    const [row] = summarise([measured('nginx', [slice(30), slice(20, false), slice(32), slice(31)])]);
    expect(row?.cpuUs).toEqual({ median: 31, min: 30, max: 32 });
    expect(row).toMatchObject({ cleanSlices: 3, allSlices: 4, weak: false });
  });

  it('marks what rests on too few clean slices, and on none', () => {
    const rows = summarise([measured('nginx', [slice(30)]), measured('fast-gateway', [slice(90, false)])]);
    expect(rows.map(({ weak }) => weak)).toEqual([true, true]);
    expect(toTable(rows)).toContain('30.0 †');
    expect(toTable(rows)).toContain('90.0 ‡');
  });

  it('compares medians with nginx and with fast-gateway', () => {
    const rows = summarise([
      measured('nginx', [slice(25)]),
      measured('gatehouse', [slice(75)]),
      measured('fast-gateway', [slice(100)]),
    ]);
    expect(rows[1]).toMatchObject({ toNginx: 3, toFastGateway: 0.75 });
  });

  it('has no ratio to what was not measured', () => {
    const [row] = summarise([measured('gatehouse', [slice(75)])]);
    expect(row).toMatchObject({ toNginx: undefined, toFastGateway: undefined });
  });
});
