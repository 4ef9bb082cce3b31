import { sequentialIds } from '@gatehouse/testing';
import { failureCountsContract } from '../../application/failure-counts.contract.ts';
import { workContract } from '../../application/work.contract.ts';
import { createMemoryFailureCounts } from './memory-failure-counts.ts';
import { createMemoryTransaction } from './memory-transaction.ts';
import { memoryHistory } from './memory-views.ts';

workContract('memory', async () => {
  const { transaction, state } = createMemoryTransaction();
  return { transaction, history: memoryHistory(state), nextId: sequentialIds().next, close: async () => {} };
});

failureCountsContract('memory', async () => ({
  failures: createMemoryFailureCounts(),
  close: async () => {},
}));
