import { createManualClock, sequentialIds } from '@gatehouse/testing';
import { eventStoreContract } from './event-store.contract.ts';
import { createMemoryEventStore } from './memory-event-store.ts';

eventStoreContract('the memory', async () =>
  createMemoryEventStore({ clock: createManualClock(), ids: sequentialIds() }),
);
