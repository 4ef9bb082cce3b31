/**
 * All that a plugin may touch. Each contribution records how it is undone; deactivation, and an activation that fails
 * half-way, undo them in reverse. It is dead once the plugin is inactive: every call is then refused with
 * `plugin_handle_closed`.
 */
export type PluginHandle<Config = unknown> = Readonly<{
  config: Config;
  /** Routes of the service kit (`route(…)`); one that another part has already is refused with `route_taken`. */
  routes(routes: readonly unknown[]): void;
  /** An Express middleware, run before the public routes of the service (the host says which, see the service kit). */
  middleware(middleware: unknown): void;
  /** Offers `value` to the plugins that depend on this one. */
  service(name: string, value: unknown): void;
  /** What the host or an active plugin offers; `plugin_service_missing` when there is none. */
  find<T>(service: string): T;
  /** A subscription of the messaging kit; deactivation ends it, what is stored already stays and goes on later. */
  subscribe(subscription: unknown): Promise<void>;
  /** Runs `task` now and then `everyMs` after each end; a failure is logged and the timer goes on. */
  timer(timer: Readonly<{ everyMs: number; task: () => Promise<void> }>): void;
  /** For what the handle has no word for: undone with the rest, in its place. */
  onDeactivate(undo: Undo): void;
}>;

export type Undo = () => void | Promise<void>;
