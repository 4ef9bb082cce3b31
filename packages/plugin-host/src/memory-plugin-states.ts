import type { PluginState, PluginStates } from './plugin-states.ts';
import { createTurns } from './turns.ts';

/** Keeps states as long as the object lives: for tests, and for hosts without a database. */
export const createMemoryPluginStates = (): PluginStates => {
  const states = new Map<string, PluginState>();
  return {
    read: async () => [...states.values()],
    save: async (state) => void states.set(state.name, structuredClone(state)),
    exclusively: createTurns(),
  };
};
