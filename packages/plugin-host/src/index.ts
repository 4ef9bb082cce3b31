export { createMemoryPluginStates } from './memory-plugin-states.ts';
export { definePlugin, type Plugin, type PluginDependencies, type PluginEntry } from './plugin.ts';
export { pluginError } from './plugin-errors.ts';
export type { PluginHandle, Undo } from './plugin-handle.ts';
export {
  createPluginHost,
  type PluginContributions,
  type PluginHost,
  type PluginHostDeps,
  type PluginLogger,
} from './plugin-host.ts';
export type { PluginReport } from './plugin-report.ts';
export type { PluginState, PluginStates } from './plugin-states.ts';
export { createPluginStates, pluginHostMigrations } from './postgres-plugin-states.ts';
