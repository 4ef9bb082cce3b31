import { createManualClock, type ManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Breaker, createBreaker } from './breaker.ts';
import type { Permit } from './permit.ts';

/** The rules written down once more, as plainly as can be: a list of samples and no opossum. */
type Model = {
  state: 'closed' | 'open' | 'half-open';
  samples: { slice: number; failed: boolean }[];
  inARow: number;
  until: number;
  admitted: number;
  good: number;
  /** On the way back to full load: since when, how many are under way, and what the refused have earned. */
  ramp: { since: number; inFlight: number; credit: number } | undefined;
  opened: number;
  era: number;
  permits: { era: number }[];
};
type Real = { breaker: Breaker; clock: ManualClock; permits: Permit[] };
type Command = fc.AsyncCommand<Model, Real>;

const sliceMs = 200;
const openForMs = 5000;
const rampMs = 1500;

const turn = (model: Model, nextState: Model['state']): void => {
  Object.assign(model, { state: nextState, inARow: 0, era: model.era + 1, admitted: 0, good: 0 });
  model.ramp = undefined;
  if (nextState === 'closed') model.samples = [];
  if (nextState === 'open') model.opened += 1;
};

const percentOf = (since: number, clock: ManualClock): number => {
  const climbed = Math.floor(((clock.monotonic() - since) / rampMs) * 100);
  return climbed < 10 ? 10 : Math.min(climbed, 100);
};

/** Whether a closed breaker lets a call pass that is asked for now; the model asks once for each call. */
const climbs = (model: Model, clock: ManualClock): boolean => {
  const { ramp } = model;
  if (ramp === undefined || percentOf(ramp.since, clock) === 100) return true;
  if (ramp.inFlight >= 3) {
    ramp.credit += percentOf(ramp.since, clock);
    if (ramp.credit < 100) return false;
    ramp.credit -= 100;
  }
  ramp.inFlight += 1;
  return true;
};

const inWindow = (model: Model, clock: ManualClock) => {
  const now = Math.floor(clock.monotonic() / sliceMs);
  return model.samples.filter(({ slice }) => now - slice < 10);
};

const agree = (model: Model, { breaker, clock }: Real): void => {
  const report = breaker.report();
  expect(report.state).toBe(model.state);
  expect(report.forced).toBeUndefined();
  expect(report.lastOpenings).toHaveLength(Math.min(5, model.opened));
  const percent = model.ramp === undefined ? 100 : percentOf(model.ramp.since, clock);
  expect(report.rampPercent).toBe(percent === 100 ? undefined : percent);
  if (model.state === 'closed') {
    const window = inWindow(model, clock);
    expect(report.failures).toBe(window.filter(({ failed }) => failed).length);
    expect(report.successes).toBe(window.filter(({ failed }) => !failed).length);
  }
};

const admits = (model: Model, clock: ManualClock): boolean => {
  if (model.state === 'closed') return climbs(model, clock);
  if (model.state === 'half-open' && model.admitted < 3) return true;
  return clock.monotonic() >= model.until;
};

class Admit implements Command {
  check = () => true;
  toString = () => 'admit';
  async run(model: Model, real: Real): Promise<void> {
    if (!admits(model, real.clock)) {
      expect(() => real.breaker.admit()).toThrow(expect.objectContaining({ code: 'circuit_open' }));
      return;
    }
    if (model.state === 'open' || (model.state === 'half-open' && model.admitted === 3)) {
      turn(model, 'half-open');
      model.until = real.clock.monotonic() + openForMs;
    }
    if (model.state === 'half-open') model.admitted += 1;
    real.permits.push(real.breaker.admit());
    model.permits.push({ era: model.era });
    agree(model, real);
  }
}

class End implements Command {
  readonly which: number;
  readonly how: 'succeed' | 'fail' | 'release';
  constructor(which: number, how: 'succeed' | 'fail' | 'release') {
    this.which = which;
    this.how = how;
  }
  check = (model: Readonly<Model>) => model.permits.length > 0;
  toString = () => `${this.how} ${this.which}`;
  async run(model: Model, real: Real): Promise<void> {
    const index = this.which % model.permits.length;
    const [{ era } = { era: -1 }] = model.permits.splice(index, 1);
    const [permit] = real.permits.splice(index, 1);
    if (this.how === 'fail') permit?.fail(new Error('down'));
    else permit?.[this.how]();
    if (era === model.era) this.count(model, real.clock);
    agree(model, real);
  }

  count(model: Model, clock: ManualClock): void {
    if (this.how === 'release') {
      if (model.state === 'half-open') model.admitted -= 1;
      else if (model.ramp !== undefined) model.ramp.inFlight -= 1;
    } else if (model.state === 'half-open') {
      this.countProbe(model, clock);
    } else {
      this.countCall(model, clock);
    }
  }

  countProbe(model: Model, clock: ManualClock): void {
    if (this.how === 'fail') {
      turn(model, 'open');
      model.until = clock.monotonic() + openForMs;
      return;
    }
    model.good += 1;
    if (model.good < 3) return;
    turn(model, 'closed');
    model.ramp = { since: clock.monotonic(), inFlight: 0, credit: 0 };
  }

  countCall(model: Model, clock: ManualClock): void {
    const failed = this.how === 'fail';
    if (model.ramp !== undefined) model.ramp.inFlight -= 1;
    model.samples.push({ slice: Math.floor(clock.monotonic() / sliceMs), failed });
    model.inARow = failed ? model.inARow + 1 : 0;
    const window = inWindow(model, clock);
    const failures = window.filter((sample) => sample.failed).length;
    const tooMany = window.length >= 20 && failures * 2 >= window.length;
    if (failed && (tooMany || model.inARow === 5)) {
      turn(model, 'open');
      model.until = clock.monotonic() + openForMs;
    }
  }
}

/** A call that ends before anything else happens: what fills the window. */
class Call implements Command {
  readonly how: 'succeed' | 'fail';
  constructor(how: 'succeed' | 'fail') {
    this.how = how;
  }
  check = () => true;
  toString = () => `a call to ${this.how}`;
  async run(model: Model, real: Real): Promise<void> {
    const before = model.permits.length;
    await new Admit().run(model, real);
    if (model.permits.length > before) await new End(before, this.how).run(model, real);
  }
}

class Pass implements Command {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check = () => true;
  toString = () => `${this.ms} ms pass`;
  async run(model: Model, real: Real): Promise<void> {
    await real.clock.advance(this.ms);
    agree(model, real);
  }
}

describe('a breaker under any sequence of calls, endings and time', () => {
  it('does what the model does', async () => {
    const commands = fc.commands(
      [
        fc.constantFrom<'succeed' | 'fail'>('succeed', 'fail').map((how) => new Call(how)),
        fc.constantFrom<'succeed' | 'fail'>('succeed', 'fail').map((how) => new Call(how)),
        fc.constantFrom<'succeed' | 'fail'>('succeed', 'fail').map((how) => new Call(how)),
        fc.constant(new Admit()),
        fc
          .tuple(fc.nat(50), fc.constantFrom('succeed', 'succeed', 'fail', 'fail', 'release'))
          .map(([which, how]) => new End(which, how as 'succeed' | 'fail' | 'release')),
        fc.constantFrom(1, 199, 200, 400, 1000, 2000, 5000).map((ms) => new Pass(ms)),
      ],
      { size: 'large', maxCommands: 300 },
    );
    await fc.assert(
      fc.asyncProperty(commands, (run) => {
        const setup = () => {
          const clock = createManualClock();
          const breaker = createBreaker({ name: 'any', clock, random: () => 0.5 });
          const model: Model = {
            state: 'closed',
            samples: [],
            inARow: 0,
            until: 0,
            admitted: 0,
            good: 0,
            ramp: undefined,
            opened: 0,
            era: 0,
            permits: [],
          };
          return { model, real: { breaker, clock, permits: [] as Permit[] } };
        };
        return fc.asyncModelRun(setup, run);
      }),
      { numRuns: 200 },
    );
  });
});
