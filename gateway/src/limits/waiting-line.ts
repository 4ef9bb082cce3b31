/** What waits for its answer, in the order in which it was asked. */
export type WaitingLine<T> = Readonly<{
  push(waiting: T): void;
  /** The one that has waited longest. */
  first(): T | undefined;
  /** All that wait; the line is empty then. */
  empty(): readonly T[];
}>;

/** So many answered ones at the front are worth moving the rest. */
const worthMoving = 256;

/**
 * Answers come in the order of the questions, or nearly so: those answered are passed over at the front, at no cost for
 * a look-up or a removal. Bounded by the questions that the store's connection takes.
 */
export const createWaitingLine = <T extends Readonly<{ answered: boolean }>>(): WaitingLine<T> => {
  let line: T[] = [];
  let front = 0;

  const passAnswered = (): void => {
    while (front < line.length && line[front]?.answered === true) front += 1;
    if (front === line.length) {
      line.length = 0;
      front = 0;
    } else if (front >= worthMoving && front * 2 >= line.length) {
      line.copyWithin(0, front);
      line.length -= front;
      front = 0;
    }
  };

  return {
    push: (waiting) => {
      passAnswered();
      line.push(waiting);
    },
    first: () => {
      passAnswered();
      return line[front];
    },
    empty: () => {
      const all = line.slice(front).filter(({ answered }) => !answered);
      line = [];
      front = 0;
      return all;
    },
  };
};
