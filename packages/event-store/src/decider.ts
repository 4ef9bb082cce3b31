/**
 * A state machine as three pure functions. `decide` answers a command with the events that it leads to: none when it is
 * done already, a throw when the state forbids it. `evolve` never refuses. Time and ids come in with the command.
 */
export type Decider<C, E, S> = Readonly<{
  initial(): S;
  decide(command: C, state: S): readonly E[];
  evolve(state: S, event: E): S;
}>;
