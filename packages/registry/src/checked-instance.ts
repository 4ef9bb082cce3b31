import { type Clock, repeat } from '@gatehouse/resilience';
import { checkHealth } from './check-health.ts';
import type { FetchHealth } from './fetch-health.ts';
import type { Health, HealthCheck, Instance, InstanceReport } from './registry.ts';

/** An instance under a running check. */
export type CheckedInstance = Readonly<{
  instance: Instance;
  health(): Health;
  report(): InstanceReport;
  /** Resolves when the first check has ended, whatever it found. */
  firstChecked: Promise<void>;
  stop(): Promise<void>;
}>;

export type CheckedInstanceOptions = Readonly<{
  instance: Instance;
  check: HealthCheck;
  clock: Clock;
  fetchHealth: FetchHealth;
  /** Its health is another one now. */
  onChange: () => void;
}>;

/**
 * By Consul's rules (`check-health.ts`): critical from the start until the
 * first good check, and after `failuresBeforeCritical` failures in a row; one good check is enough to pass.
 */
export const createCheckedInstance = ({
  instance,
  check: definition,
  clock,
  fetchHealth,
  onChange,
}: CheckedInstanceOptions): CheckedInstance => {
  const { intervalMs = 5000, failuresBeforeCritical = 2 } = definition;
  const first = Promise.withResolvers<void>();
  let health: Health = 'critical';
  let output = 'not checked yet';
  let checkedAt: string | undefined;
  let failures = 0;
  let stopped = false;

  const check = async (): Promise<void> => {
    const finding = await checkHealth(instance, definition, fetchHealth);
    if (stopped) return;
    failures = finding.health === 'critical' ? failures + 1 : 0;
    output = finding.output;
    checkedAt = new Date(clock.now()).toISOString();
    if (finding.health !== 'critical' || failures >= failuresBeforeCritical) become(finding.health);
  };

  const become = (next: Health): void => {
    if (next === health) return;
    health = next;
    onChange();
  };

  const checks = repeat({
    clock,
    intervalMs,
    task: () => check().finally(first.resolve),
    // A check that could not be made has been counted as a failure; what is left to fail is a listener.
    onError: (error) => queueMicrotask(() => rethrow(error)),
  });

  return {
    instance,
    health: () => health,
    report: () => ({ ...instance, health, output, ...(checkedAt === undefined ? {} : { checkedAt }) }),
    firstChecked: first.promise,
    stop: async () => {
      stopped = true;
      first.resolve();
      await checks.stop();
    },
  };
};

const rethrow = (error: unknown): never => {
  throw error;
};
