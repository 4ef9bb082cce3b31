import { defineErrors } from '@gatehouse/errors';

/** Shown to administrators; `plugin_failed` keeps what a plugin threw as its cause. */
export const pluginError = defineErrors({
  plugin_unknown: ['not-found', 'There is no such plugin.'],
  plugin_not_installed: ['conflict', 'Install the plugin first.'],
  plugin_active: ['conflict', 'Deactivate the plugin first.'],
  plugin_has_dependents: ['conflict', 'Other active plugins depend on it.'],
  plugin_dependency_missing: ['conflict', 'The plugin depends on something that is not here.'],
  plugin_dependency_version: ['conflict', 'The plugin depends on another version of something.'],
  plugin_dependency_cycle: ['conflict', 'The plugin depends on itself.'],
  plugin_dependency_inactive: ['conflict', 'The plugin depends on a plugin that is not active.'],
  plugin_config_invalid: ['invalid', 'The configuration of the plugin does not fit its schema.'],
  plugin_service_missing: ['conflict', 'There is no such service.'],
  plugin_service_taken: ['conflict', 'Another part offers a service of that name already.'],
  plugin_handle_closed: ['conflict', 'The plugin is not active any more.'],
  plugin_failed: ['conflict', 'The plugin could not be activated.'],
  plugin_host_stopped: ['unavailable', 'The plugin host is stopped.'],
});
