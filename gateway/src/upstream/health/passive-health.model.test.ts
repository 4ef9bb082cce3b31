import { createManualClock, type ManualClock } from '@gatehouse/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EjectionCause } from './availability.ts';
import { createPassiveHealth, type HealthTarget, type PassiveHealth } from './passive-health.ts';

/** Small figures, so that a short run of commands gets everywhere. */
const settings = { failures: 3, firstMs: 100, longestMs: 800, most: 0.5, panic: 0.5 };
const count = 4;

/** The rules written down once more, without timers: when each is probed next. */
type ModelInstance = {
  listed: boolean;
  ready: boolean;
  inARow: number;
  out: EjectionCause | undefined;
  times: number;
  returnedAt: number;
  probeAt: number;
};
type Model = { now: number; instances: ModelInstance[] };
type Target = HealthTarget & { index: number };
type Real = { health: PassiveHealth<Target>; clock: ManualClock; targets: Target[]; ready: boolean[] };
type Command = fc.AsyncCommand<Model, Real>;

const listedOf = (model: Model): ModelInstance[] => model.instances.filter(({ listed }) => listed);

const modeOf = (model: Model): string => {
  const listed = listedOf(model);
  const out = listed.filter((one) => one.out !== undefined);
  const well = listed.length - out.length;
  if (out.length === 0 || (well > 0 && well >= listed.length / 2)) return 'healthy';
  return listed.every((one) => one.out === 'refused') ? 'nobody' : 'panic';
};

const hurry = (model: Model): void => {
  if (modeOf(model) !== 'nobody') return;
  for (const one of listedOf(model)) one.probeAt = Math.min(one.probeAt, model.now + settings.firstMs);
};

const eject = (model: Model, one: ModelInstance, cause: EjectionCause): void => {
  one.times = model.now - one.returnedAt >= settings.longestMs ? 1 : one.times + 1;
  one.out = cause;
  one.probeAt = model.now + Math.min(settings.longestMs, settings.firstMs * 2 ** (one.times - 1));
  hurry(model);
};

const fresh = (): ModelInstance => ({
  ...{ listed: true, ready: true, inARow: 0, out: undefined, times: 0, returnedAt: 0, probeAt: 0 },
});

const agree = (model: Model, { health, targets }: Real): void => {
  expect(health.mode()).toBe(modeOf(model));
  model.instances.forEach((one, index) => {
    const target = targets[index] as Target;
    if (!one.listed) return;
    expect(target.ejected).toBe(one.out);
    expect(health.ejectionOf(target)?.times).toBe(one.out === undefined ? undefined : one.times);
  });
};

class Try implements Command {
  readonly index: number;
  readonly how: 'ok' | 'failed' | 'refused';
  constructor(index: number, how: 'ok' | 'failed' | 'refused') {
    this.index = index;
    this.how = how;
  }
  check = (): boolean => true;
  toString = () => `${this.how} ${this.index}`;
  async run(model: Model, real: Real): Promise<void> {
    const one = model.instances[this.index] as ModelInstance;
    const target = real.targets[this.index] as Target;
    if (this.how === 'ok') target.failuresInARow = 0;
    else real.health[this.how](target);
    if (one.listed) this.model(model, one);
    agree(model, real);
  }

  model(model: Model, one: ModelInstance): void {
    switch (this.how) {
      case 'ok':
        one.inARow = 0;
        return;
      case 'refused':
        if (one.out === undefined) eject(model, one, 'refused');
        else if (one.out === 'failures') {
          one.out = 'refused';
          hurry(model);
        }
        return;
      case 'failed': {
        if (one.out !== undefined) return;
        one.inARow += 1;
        const out = listedOf(model).filter((each) => each.out !== undefined).length;
        const isRoom = out + 1 <= listedOf(model).length / 2;
        if (one.inARow >= settings.failures && isRoom) eject(model, one, 'failures');
      }
    }
  }
}

/** A machine or a network goes: all of them at once, one after the other. */
class TryAll implements Command {
  readonly how: 'ok' | 'failed' | 'refused';
  constructor(how: 'ok' | 'failed' | 'refused') {
    this.how = how;
  }
  check = (): boolean => true;
  toString = () => `${this.how} all`;
  async run(model: Model, real: Real): Promise<void> {
    for (let place = 0; place < count; place += 1) await new Try(place, this.how).run(model, real);
  }
}

class Ready implements Command {
  readonly index: number;
  readonly ready: boolean;
  constructor(index: number, ready: boolean) {
    this.index = index;
    this.ready = ready;
  }
  check = (): boolean => true;
  toString = () => `${this.index} is ${this.ready ? '' : 'not '}ready`;
  async run(model: Model, real: Real): Promise<void> {
    (model.instances[this.index] as ModelInstance).ready = this.ready;
    real.ready[this.index] = this.ready;
  }
}

class Pass implements Command {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check = (): boolean => true;
  toString = () => `${this.ms} ms`;
  async run(model: Model, real: Real): Promise<void> {
    await real.clock.advance(this.ms);
    const until = model.now + this.ms;
    for (;;) {
      const due = listedOf(model)
        .filter(({ out, probeAt }) => out !== undefined && probeAt <= until)
        .sort((a, b) => a.probeAt - b.probeAt)[0];
      if (due === undefined) break;
      model.now = due.probeAt;
      if (due.ready) Object.assign(due, { out: undefined, inARow: 0, returnedAt: model.now });
      else due.probeAt = model.now + settings.firstMs;
    }
    model.now = until;
    agree(model, real);
  }
}

class List implements Command {
  readonly listed: readonly boolean[];
  constructor(listed: readonly boolean[]) {
    this.listed = listed;
  }
  check = (): boolean => true;
  toString = () => `listed ${this.listed.map((one, index) => (one ? index : '')).join('')}`;
  async run(model: Model, real: Real): Promise<void> {
    this.listed.forEach((listed, index) => {
      const one = model.instances[index] as ModelInstance;
      // Who comes back to the list is another object, as in the gateway.
      if (listed && !one.listed) {
        model.instances[index] = { ...fresh(), ready: one.ready };
        real.targets[index] = { index, ejected: undefined, failuresInARow: 0 };
      } else one.listed = listed;
    });
    real.health.follow(real.targets.filter(({ index }) => this.listed[index] === true));
    hurry(model);
    agree(model, real);
  }
}

const index = fc.integer({ min: 0, max: count - 1 });
const how = fc.constantFrom<('ok' | 'failed' | 'refused')[]>('ok', 'failed', 'failed', 'failed', 'refused');
const commands = fc.commands(
  [
    fc.tuple(index, how).map((its) => new Try(...its)),
    fc.tuple(index, how).map((its) => new Try(...its)),
    how.map((its) => new TryAll(its)),
    fc.tuple(index, fc.boolean()).map((its) => new Ready(...its)),
    fc.constantFrom(1, 50, 100, 200, 400, 900).map((ms) => new Pass(ms)),
    fc.constantFrom(100, 200, 400).map((ms) => new Pass(ms)),
    fc.array(fc.boolean(), { minLength: count, maxLength: count }).map((listed) => new List(listed)),
  ],
  { maxCommands: 120, size: 'max' },
);

describe('passive health, whatever happens', () => {
  it('is what the rules say', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (run) => {
        const setUp = () => {
          const clock = createManualClock();
          const ready = new Array<boolean>(count).fill(true);
          const targets = Array.from({ length: count }, (_, place): Target => {
            return { index: place, ejected: undefined, failuresInARow: 0 };
          });
          const health = createPassiveHealth<Target>({
            settings: () => settings,
            probe: async (target) => ready[target.index] === true,
            ...{ clock, random: () => 0, onChange: () => {} },
          });
          health.follow(targets);
          const model: Model = { now: 0, instances: targets.map(fresh) };
          return { model, real: { health, clock, targets, ready } };
        };
        await fc.asyncModelRun(setUp, run);
      }),
      { numRuns: 300 },
    );
  });
});
