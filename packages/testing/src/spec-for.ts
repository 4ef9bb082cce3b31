import { isAppError } from '@gatehouse/errors';
import { expect } from 'vitest';

/** What `specFor` needs of a decider; the event store's `Decider` fits. */
export type SpecifiedDecider<C, E, S> = Readonly<{
  initial(): S;
  decide(command: C, state: S): readonly E[];
  evolve(state: S, event: E): S;
}>;

export type Outcome<E> = Readonly<{
  /** Exactly these events, in this order. */
  then(...events: readonly E[]): void;
  /** The silence: nothing to say, and no refusal. */
  thenNothing(): void;
  /** An `AppError` of this code. */
  thenRefuses(code: string): void;
}>;

export type Spec<C, E> = Readonly<{
  given(...events: readonly E[]): Readonly<{ when(command: C): Outcome<E> }>;
}>;

/**
 * Given what happened, when a command comes, then these events.
 *
 * @example
 * const { given } = specFor(orderDecider);
 * it('refuses an empty order', () => given(created).when(confirm).thenRefuses('order_empty'));
 */
export const specFor = <C, E, S>(decider: SpecifiedDecider<C, E, S>): Spec<C, E> => ({
  given: (...events) => ({
    when: (command) => {
      const decide = () => decider.decide(command, events.reduce(decider.evolve, decider.initial()));
      return {
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it, and it returns nothing
        then: (...expected) => expect(decide()).toEqual(expected),
        thenNothing: () => expect(decide()).toEqual([]),
        thenRefuses: (code) => expect(refusalOf(decide)).toBe(code),
      };
    },
  }),
});

const refusalOf = (decide: () => readonly unknown[]): string => {
  try {
    return `no refusal but ${JSON.stringify(decide())}`;
  } catch (error) {
    if (isAppError(error)) return error.code;
    throw error;
  }
};
