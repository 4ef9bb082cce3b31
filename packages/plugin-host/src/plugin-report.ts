/**
 * A plugin as administrators see it. `available`: not installed · `installed`: never activated · `active` · `inactive`:
 * deactivated · `failed`: meant to be active; `error` says why it is not, and nothing of it is in the service.
 */
export type PluginReport = Readonly<{
  name: string;
  version: string;
  dependencies: Readonly<Record<string, string>>;
  state: 'available' | 'installed' | 'active' | 'inactive' | 'failed';
  error?: string;
}>;
