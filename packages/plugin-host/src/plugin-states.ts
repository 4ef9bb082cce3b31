/**
 * What is remembered of a plugin over restarts. `active` is a wish: the plugin is activated at the next start.
 * `available` was uninstalled by hand and stays so.
 */
export type PluginState = Readonly<{
  name: string;
  version: string;
  state: 'available' | 'installed' | 'active' | 'inactive';
  /** The defaults as they were at install. */
  config: Readonly<Record<string, unknown>>;
}>;

/** Port: where plugin states are kept. Adapters: `createPluginStates` (PostgreSQL), `createMemoryPluginStates`. */
export type PluginStates = Readonly<{
  read(): Promise<readonly PluginState[]>;
  save(state: PluginState): Promise<void>;
  /** Runs `work` while no other instance runs one: an install migrates once. Waits for its turn. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}>;
