import { describe, expect, it } from 'vitest';
import { type CpuProfile, topFunctions } from './top-functions.ts';

const node = (id: number, functionName: string, url = '') => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
});

const profile: CpuProfile = {
  startTime: 1000,
  nodes: [
    node(1, '(idle)'),
    node(2, 'take', new URL('../../gateway/src/limits/gcra.ts', import.meta.url).href),
    node(3, '', 'file:///somewhere/node_modules/undici/lib/client.js'),
  ],
  // At 1000, 1100, 1200, 1300, 1400, 1500.
  samples: [2, 2, 3, 1, 2, 2],
  timeDeltas: [0, 100, 100, 100, 100, 100],
};

describe('a CPU profile', () => {
  it('gives each function its own time, without what was idle', () => {
    expect(topFunctions(profile, 0, 10_000)).toEqual([
      { place: 'take gateway/src/limits/gcra.ts:10', selfUs: 300, share: 0.75 },
      { place: '(anonymous) undici/lib/client.js:10', selfUs: 100, share: 0.25 },
    ]);
  });

  it('counts only the time under load', () => {
    const times = topFunctions(profile, 1200, 1500);
    expect(times.map(({ selfUs }) => selfUs)).toEqual([100, 100]);
  });
});
