import { createMemoryPluginStates } from './memory-plugin-states.ts';
import { pluginStatesContract } from './plugin-states.contract.ts';

pluginStatesContract('in memory', async () => createMemoryPluginStates());
