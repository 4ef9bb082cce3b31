import { describe, expect, it } from 'vitest';
import { plantedBugs } from './planted-bugs.ts';
import { runSeeds } from './run-seeds.ts';
import { simulate } from './simulate.ts';

/** What each bug does: the first thing that the simulation says of it. */
const symptoms: Readonly<Record<keyof typeof plantedBugs, RegExp>> = {
  'ack before commit': /^(?:lost: |out of order: )/,
  'no inbox': /^twice: /,
  'position-only checkpoint':
    /^(?:lost: orders\.list|a checkpoint went back|twice: orders\.list|out of order: orders\.list)/,
  'publish before commit': /^from nothing: /,
  'checkpoint outside the transaction': /^lost: orders\.list/,
  'retry of a POST without its key': /^kept twice: /,
  'marked before it was published': /^(?:lost: |out of order: )/,
  'effect outside the transaction': /^(?:twice: |from nothing: )/,
  'no order within a subject': /^out of order: /,
};

describe('a bug planted on purpose', () => {
  it.each(Object.entries(plantedBugs))(
    'is found: %s',
    async (name, bug) => {
      const { failed, seeds } = await runSeeds(1, 600, { bug, mostFailures: 1 });
      process.stdout.write(`${name}: found by seed ${seeds}\n`);
      expect(failed[0]?.violations[0]).toMatch(symptoms[name as keyof typeof plantedBugs]);
    },
    120_000,
  );
});

describe('a seed', () => {
  it('gives the same run again', async () => {
    for (const seed of [3, 11, 58]) expect(await simulate(seed)).toEqual(await simulate(seed));
  });
});
