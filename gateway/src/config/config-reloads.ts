import { isAppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';
import type { Logger } from 'pino';
import type { GatewayConfig } from './gateway-config.ts';

/** Who asked: an operator, or the file by having changed. */
export type ReloadCause = 'operator' | 'file';

export type ReloadReport = Readonly<{
  routes: number;
  /** ISO 8601. */
  at: string;
  /** False: it is what was in force already, and nothing was touched. */
  changed: boolean;
}>;

/** How the last attempt went. `mistakes` is empty unless it was refused. */
export type ReloadAttempt = Readonly<{
  at: string;
  cause: ReloadCause;
  result: 'applied' | 'unchanged' | 'refused';
  mistakes: readonly string[];
}>;

export type ConfigReloads = Readonly<{
  /**
   * Puts what stands in the file now in force: all of it or nothing. Attempts never overlap, so an older file never replaces
   * a newer one; whoever asks while one waits for its turn shares that one.
   *
   * @throws AppError `config_invalid`: the old configuration stays.
   */
  reload(cause: ReloadCause): Promise<ReloadReport>;
  last(): ReloadAttempt | undefined;
}>;

export type ConfigReloadsDeps = Readonly<{
  load: () => GatewayConfig | Promise<GatewayConfig>;
  inForce: () => GatewayConfig;
  /** All or nothing: when it throws, nothing was changed. */
  apply: (config: GatewayConfig) => void;
  clock: Pick<Clock, 'now'>;
  logger: Pick<Logger, 'info' | 'error'>;
}>;

export const createConfigReloads = (deps: ConfigReloadsDeps): ConfigReloads => {
  const { load, inForce, apply, clock, logger } = deps;
  let last: ReloadAttempt | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let waiting: Promise<ReloadReport> | undefined;

  const attempt = async (cause: ReloadCause): Promise<ReloadReport> => {
    waiting = undefined;
    const at = new Date(clock.now()).toISOString();
    try {
      const next = await load();
      const changed = JSON.stringify(next) !== JSON.stringify(inForce());
      if (changed) apply(next);
      last = { at, cause, result: changed ? 'applied' : 'unchanged', mistakes: [] };
      logger.info({ cause, changed, routes: next.routes.length }, 'configuration read again');
      return { routes: next.routes.length, at, changed };
    } catch (error) {
      last = { at, cause, result: 'refused', mistakes: mistakesOf(error) };
      logger.error({ cause, err: error }, 'configuration refused, the former one stays');
      throw error;
    }
  };

  return {
    reload: (cause) => {
      if (waiting !== undefined) return waiting;
      const turn = running.then(() => attempt(cause));
      waiting = turn;
      running = turn.catch(() => {});
      return turn;
    },
    last: () => last,
  };
};

const mistakesOf = (error: unknown): readonly string[] => {
  const mistakes = isAppError(error) ? error.details.mistakes : undefined;
  if (Array.isArray(mistakes)) return mistakes.map(String);
  return [error instanceof Error ? error.message : String(error)];
};
