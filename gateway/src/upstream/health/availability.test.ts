import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availableOf, type EjectionCause } from './availability.ts';

type One = { id: number; ejected: EjectionCause | undefined };

const listOf = (...causes: (EjectionCause | undefined)[]): One[] =>
  causes.map((ejected, id) => ({ id, ejected }));
const idsOf = (list: readonly One[]) => availableOf(list, 0.5).instances.map(({ id }) => id);

describe('passive health: who gets requests', () => {
  it('is everybody, and the very same list, while nobody is ejected', () => {
    const list = listOf(undefined, undefined);

    expect(availableOf(list, 0.5)).toEqual({ mode: 'healthy', instances: list });
    expect(availableOf(list, 0.5).instances).toBe(list);
  });

  it('is who is not ejected while that is half of them or more', () => {
    expect(idsOf(listOf('failures', undefined, undefined, 'refused'))).toEqual([1, 2]);
  });

  it('is everybody who takes connections when less than half is left (panic)', () => {
    const list = listOf('failures', 'refused', undefined, 'refused');

    expect([availableOf(list, 0.5).mode, idsOf(list)]).toEqual(['panic', [0, 2]]);
  });

  it('is everybody when everybody refuses, so that somebody can be tried at all', () => {
    const list = listOf('refused', 'refused');

    expect([availableOf(list, 0.5).mode, idsOf(list)]).toEqual(['nobody', [0, 1]]);
  });

  it('is somebody whenever somebody is listed, and never one who refuses beside one who does not', () => {
    const cause = fc.constantFrom(undefined, 'failures' as const, 'refused' as const);
    fc.assert(
      fc.property(
        fc.array(cause, { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (causes, panic) => {
          const list = listOf(...causes);
          const { instances } = availableOf(list, panic);

          expect(instances.length).toBeGreaterThan(0);
          if (causes.some((one) => one !== 'refused'))
            expect(instances.some(({ ejected }) => ejected === 'refused')).toBe(false);
          const well = list.filter(({ ejected }) => ejected === undefined);
          expect(instances).toEqual(expect.arrayContaining(well));
        },
      ),
    );
  });
});
