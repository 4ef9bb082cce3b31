/** Something to be done once this turn of the event loop is over. */
export type TurnTask = { atTurnEnd(): void };

let waiting: TurnTask[] = [];
/** Empty but within `run`. */
let leaving: TurnTask[] = [];

/**
 * Does it after the machine was asked for what came in, with all else of this turn: requests that go out and answers that are whole.
 * Who waits on the other side is woken once for all of them, and reading and writing do not push each other out of the processor's
 * caches. What is added meanwhile is for the next turn. One that throws is a bug of its own and keeps nobody back.
 */
export const atTurnEnd = (task: TurnTask): void => {
  if (waiting.push(task) === 1) setImmediate(run);
};

const run = (): void => {
  const tasks = waiting;
  waiting = leaving;
  leaving = tasks;
  for (let index = 0; index < tasks.length; index += 1) runOne(tasks[index] as TurnTask);
  tasks.length = 0;
};

const runOne = (task: TurnTask): void => {
  try {
    task.atTurnEnd();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
};
