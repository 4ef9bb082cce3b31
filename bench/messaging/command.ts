/** One command: a row of state and the event that says so. `n` makes it an aggregate of its own. */
type Command = Readonly<{ id: string; n: number }>;

/** What is measured: a service that says, and one that hears. */
export type Contender = Readonly<{
  name: string;
  /** The change and its event, committed. */
  execute(command: Command): Promise<void>;
  /** How many effects are there, of all commands so far. */
  countEffects(): Promise<number>;
  close(): Promise<void>;
}>;

/** Both contenders work as much at once. */
export const workers = 4;
export const senderPool = 20;
export const receiverPool = 10;
