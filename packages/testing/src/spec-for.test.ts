import { defineErrors } from '@gatehouse/errors';
import { describe, expect, it } from 'vitest';
import { specFor } from './spec-for.ts';

const lampError = defineErrors({ lamp_broken: ['conflict', 'It is broken.'] });
type LampEvent = { type: 'switched'; on: boolean } | { type: 'broken' };
type Lamp = { on: boolean; broken: boolean };

const { given } = specFor({
  initial: (): Lamp => ({ on: false, broken: false }),
  evolve: (lamp: Lamp, event: LampEvent): Lamp =>
    event.type === 'broken' ? { ...lamp, broken: true } : { ...lamp, on: event.on },
  decide: (on: boolean, lamp: Lamp): readonly LampEvent[] => {
    if (lamp.broken) throw lampError('lamp_broken');
    return lamp.on === on ? [] : [{ type: 'switched', on }];
  },
});
const on: LampEvent = { type: 'switched', on: true };
const broken: LampEvent = { type: 'broken' };

describe('a specification that holds', () => {
  it('has events', () => given().when(true).then(on));
  it('has silence', () => given(on).when(true).thenNothing());
  it('has a refusal', () => given(on, broken).when(false).thenRefuses('lamp_broken'));
});

describe('a specification that does not hold', () => {
  it('fails on other events', () => {
    expect(() => given().when(false).then(on)).toThrow();
    expect(() => given().when(true).thenNothing()).toThrow();
  });

  it('fails when nothing was refused, and shows what happened instead', () => {
    expect(() => given().when(true).thenRefuses('lamp_broken')).toThrow(/switched/);
  });

  it('fails on another refusal', () => {
    expect(() => given(broken).when(true).thenRefuses('lamp_missing')).toThrow(/lamp_broken/);
  });

  it('lets a bug through as it is', () => {
    const buggy = specFor({
      initial: () => 0,
      evolve: (state: number) => state,
      decide: (): readonly string[] => {
        throw new TypeError('a bug');
      },
    });

    expect(() => buggy.given().when('x').thenRefuses('any')).toThrow(TypeError);
  });
});
