import type { Clock } from '@gatehouse/resilience';
import type { Fault, Faults } from './faults.ts';
import type { World } from './world.ts';

/** A process from its start to its end. After that whatever it still tries comes to nothing, and nobody answers it. */
export type Life = Readonly<{
  name: string;
  clock: Clock;
  isAlive(): boolean;
  /**
   * A wait on somebody outside: `act` happens there at one moment, and its answer comes back. Either may fail, by the
   * faults that the wait can have. `lose` is what ends the connection: it gives the error that the asker sees.
   */
  reach<T>(wait: Wait<T>): Promise<T>;
  /** Something told to somebody outside, with no answer. */
  tell(point: string, act: () => void): void;
  end(): void;
  /** What others do when it is gone; at once, though they may take their time to notice. */
  onEnd(listener: () => void): void;
}>;

type Wait<T> = Readonly<{
  point: string;
  faults: readonly Fault[];
  /** Answers by `done` or `fail`, at once or when a lock is free. */
  act: (done: (answer: T) => void, fail: (error: Error) => void) => void;
  lose: () => Error;
  refuse?: () => Error;
}>;

export const startLife = (
  name: string,
  { world, faults, wallOffsetMs = 0 }: { world: World; faults: Faults; wallOffsetMs?: number },
): Life => {
  const listeners: (() => void)[] = [];
  let isAlive = true;

  const end = (): void => {
    if (!isAlive) return;
    isAlive = false;
    for (const listener of listeners) listener();
  };

  const whileAlive = (run: () => void) => () => {
    if (isAlive) run();
  };

  const reach = <T>({ point, faults: possible, act, lose, refuse }: Wait<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (!isAlive) return;
      const fault = faults.draw(point, possible);
      const delayMs = world.latencyMs() + (fault === 'slow' ? world.random() * 3_000 : 0);
      const ask = (): void => {
        if (!isAlive) return;
        switch (fault) {
          case 'crash-before':
            end();
            return;
          case 'lost-before':
            reject(lose());
            return;
          case 'refused':
            reject((refuse ?? lose)());
            return;
          case 'crash-after':
            act(end, end);
            return;
          case 'lost-after':
            act(
              whileAlive(() => reject(lose())),
              whileAlive(() => reject(lose())),
            );
            return;
          case 'unanswered':
            act(
              () => {},
              () => {},
            );
            return;
          case 'slow':
          case undefined:
            act(
              (answer) => isAlive && resolve(answer),
              (error) => isAlive && reject(error),
            );
        }
      };
      world.at(delayMs, ask);
    });

  return {
    name,
    clock: {
      now: () => world.nowMs() + wallOffsetMs,
      monotonic: () => world.nowMs(),
      schedule: (delayMs, task) => world.at(delayMs, whileAlive(task)),
    },
    isAlive: () => isAlive,
    reach,
    tell: (point, act) => {
      if (!isAlive) return;
      const fault = faults.draw(point, ['crash-before', 'crash-after']);
      if (fault === 'crash-before') {
        // Not in the middle of what it is doing: a process ends between two of its steps.
        world.at(0, end);
        return;
      }
      act();
      if (fault === 'crash-after') world.at(0, end);
    },
    end,
    onEnd: (listener) => void listeners.push(listener),
  };
};
