import { createMemoryEventStore } from '@gatehouse/event-store';
import { createManualClock, sequentialIds } from '@gatehouse/testing';
import { twoWritersContract } from './two-writers.contract.ts';

twoWritersContract(
  'in memory',
  async () => createMemoryEventStore({ clock: createManualClock(), ids: sequentialIds() }),
  { runs: 500 },
);
