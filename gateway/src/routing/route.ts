import type { RouteSettings } from '../config/route-settings.ts';
import type { RouteStats } from '../observe/route-stats.ts';
import type { Handler } from '../policy.ts';

/** A route as it is served: its settings, and the pipeline that was built of them. */
export type Route = Readonly<{
  settings: RouteSettings;
  handle: Handler;
  /** What is counted of it; undefined where nobody counts. */
  stats?: RouteStats;
}>;
