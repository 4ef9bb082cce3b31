import type { PluginEntry } from './plugin.ts';
import { resolveConfig } from './plugin-config.ts';
import { createPluginScope, type PluginScope, type PluginScopeDeps } from './plugin-scope.ts';
import { within } from './within.ts';

const ACTIVATION_TIMEOUT_MS = 30_000;

/**
 * Activates one plugin, or leaves nothing of it: what it contributed before it failed, or took longer than 30 s, is undone
 * before this throws.
 */
export const activatePlugin = async (
  entry: PluginEntry,
  storedConfig: Readonly<Record<string, unknown>>,
  deps: PluginScopeDeps,
): Promise<PluginScope> => {
  const scope = createPluginScope(entry.plugin, resolveConfig(entry, storedConfig), deps);
  try {
    await within(deps.clock, ACTIVATION_TIMEOUT_MS, async () => entry.plugin.activate(scope.handle));
    return scope;
  } catch (error) {
    await scope.close();
    throw error;
  }
};
