/**
 * Tells an answer that was asked for before its path was forgotten from one asked for after it: a request under way
 * may come back with what a write has just made worthless.
 *
 * Bounded: of paths that were forgotten long ago only the latest time is known, for all of them together. That may refuse
 * an answer too many, never let one in.
 */
export const createPathMarks = (maxPaths = 10_000) => {
  const forgotten = new Map<string, number>();
  let turn = 0;
  let floor = 0;

  return {
    now: (): number => turn,
    forget: (path: string): void => {
      turn += 1;
      forgotten.delete(path);
      forgotten.set(path, turn);
      if (forgotten.size <= maxPaths) return;
      const [oldest, at] = forgotten.entries().next().value as [string, number];
      forgotten.delete(oldest);
      floor = at;
    },
    /** Whether nothing was forgotten there since `mark`. */
    holds: (path: string, mark: number): boolean => mark >= (forgotten.get(path) ?? floor),
  };
};
