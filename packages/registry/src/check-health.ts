import type { FetchHealth } from './fetch-health.ts';
import { instanceOrigin } from './instance-origin.ts';
import type { Health, HealthCheck, Instance } from './registry.ts';

export type Finding = Readonly<{ health: Health; output: string }>;

/** One check by Consul's rules: 2xx passes, 429 warns, everything else and no answer is critical. */
export const checkHealth = async (
  instance: Instance,
  { path, timeoutMs = 2000 }: HealthCheck,
  fetchHealth: FetchHealth,
): Promise<Finding> => {
  try {
    const status = await fetchHealth(`${instanceOrigin(instance)}${path}`, timeoutMs);
    return { health: healthOf(status), output: `GET ${path}: ${status}` };
  } catch (error) {
    return { health: 'critical', output: `GET ${path}: ${reasonOf(error)}` };
  }
};

const healthOf = (status: number): Health => {
  if (status === 429) return 'warning';
  return status >= 200 && status < 300 ? 'passing' : 'critical';
};

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'no answer';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
};
