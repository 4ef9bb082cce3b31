/** What is wrong with the network of one proxy at the moment. */
export type Faults = Readonly<{
  delayMs(): number;
  /** Whether the next piece gets lost. */
  loses(): boolean;
  /** Resolves when something may pass: at once, unless it is held. */
  passes(): Promise<void>;
  isHalfOpen(): boolean;
  delay(delayMs: number): void;
  drop(percent: number): void;
  hold(): void;
  halve(): void;
  heal(): void;
}>;

export const createFaults = (random: () => number): Faults => {
  let delayMs = 0;
  let percent = 0;
  let isHalfOpen = false;
  let held: PromiseWithResolvers<void> | undefined;
  return {
    delayMs: () => delayMs,
    loses: () => percent > 0 && random() * 100 < percent,
    async passes() {
      while (held !== undefined) await held.promise;
    },
    isHalfOpen: () => isHalfOpen,
    delay(value) {
      delayMs = value;
    },
    drop(value) {
      percent = value;
    },
    hold() {
      held ??= Promise.withResolvers<void>();
    },
    halve() {
      isHalfOpen = true;
    },
    heal() {
      delayMs = 0;
      percent = 0;
      isHalfOpen = false;
      held?.resolve();
      held = undefined;
    },
  };
};
