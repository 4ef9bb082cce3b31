import { createServiceTokens } from '@gatehouse/auth';
import { randomIds } from '@gatehouse/contracts';
import { createInProcessTransport } from '@gatehouse/messaging';
import { createInProcessRegistry } from '@gatehouse/registry';
import { systemClock as clock } from '@gatehouse/resilience';
import { captureLogger, openTestDatabase } from '@gatehouse/testing';
import type { ServiceParts } from '../service.ts';

/** What a service runs on in tests: a database of its own, everything else within this process. */
export const openPartsForTests = async (databaseName: string) => {
  const database = await openTestDatabase(databaseName);
  const parts = {
    databaseUrl: database.url,
    registry: createInProcessRegistry({ clock }),
    transport: createInProcessTransport(),
    serviceTokens: createServiceTokens({ secret: 'a secret of at least 32 bytes, for tests', clock }),
    clock,
    ids: randomIds,
    logger: captureLogger(),
  } satisfies ServiceParts;
  return {
    parts,

    /** As the gateway has it for its own calls. */
    serviceToken: async (): Promise<string> => parts.serviceTokens.issue('gateway'),

    /** Once the services are stopped. */
    async close(): Promise<void> {
      await parts.transport.close();
      await parts.registry.close();
      await database.drop();
    },
  };
};
