import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createConsulRegistry, type Registry } from '@gatehouse/registry';
import { systemClock } from '@gatehouse/resilience';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { registryEnvironment } from './service-environment.ts';

export type RegistryEnvironment = Pick<
  z.output<typeof registryEnvironment>,
  'CONSUL_HTTP_ADDR' | 'CONSUL_HTTP_TOKEN' | 'CONSUL_ACCEPT' | 'DATA_DIR'
>;

/** Consul as the environment says, with a copy of what it last knew in `DATA_DIR`; `name` is the process's own. */
export const openConsulRegistry = async (
  {
    CONSUL_HTTP_ADDR: address,
    CONSUL_HTTP_TOKEN: token,
    CONSUL_ACCEPT: worst,
    DATA_DIR: dataDir,
  }: RegistryEnvironment,
  { name, logger }: Readonly<{ name: string; logger: Logger }>,
): Promise<Registry> => {
  if (dataDir !== undefined) await mkdir(dataDir, { recursive: true });
  return createConsulRegistry({
    address,
    clock: systemClock,
    logger,
    includeWarning: worst === 'warning',
    ...(token === undefined ? {} : { token }),
    ...(dataDir === undefined ? {} : { cacheFile: join(dataDir, `${name}-instances.json`) }),
  });
};
