/** What the service of the experiments counted since its start. */
export type ServiceCounts = Readonly<{
  /** Requests that reached it, whatever became of them. */
  requests: number;
  served: number;
  queuedAtMost: number;
  /** Idle connections that it closed. */
  idleCloses: number;
  effects: number;
  /** Effects that came about more than once. */
  doubled: number;
}>;
