import type { Clock } from '@gatehouse/resilience';
import { pluginError } from './plugin-errors.ts';

/** Waits for `work` at most `timeoutMs`, then throws `plugin_failed`; what the work does after that is its own. */
export const within = (clock: Clock, timeoutMs: number, work: () => Promise<void>): Promise<void> =>
  new Promise((resolve, reject) => {
    const cancel = clock.schedule(timeoutMs, () =>
      reject(pluginError('plugin_failed', { message: `It took longer than ${timeoutMs / 1000} s.` })),
    );
    work().then(resolve, reject).finally(cancel);
  });
