import { sequentialIds } from '@gatehouse/testing';
import { apiKeysContract } from '../../application/api-keys.contract.ts';
import { failureCountsContract } from '../../application/failure-counts.contract.ts';
import { type OpenWork, workContract } from '../../application/work.contract.ts';
import { createMemoryFailureCounts } from './memory-failure-counts.ts';
import { createMemoryTransaction } from './memory-transaction.ts';
import { memoryHistory } from './memory-views.ts';

const open: OpenWork = async () => {
  const { transaction, state } = createMemoryTransaction();
  return { transaction, history: memoryHistory(state), nextId: sequentialIds().next, close: async () => {} };
};

workContract('memory', open);
apiKeysContract('memory', open);

failureCountsContract('memory', async () => ({
  failures: createMemoryFailureCounts(),
  close: async () => {},
}));
