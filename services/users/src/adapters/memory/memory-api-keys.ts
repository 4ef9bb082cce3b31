import type { ApiKeyStore } from '../../application/ports.ts';
import type { MemoryState } from './memory-state.ts';

const markEveryMs = 30_000;

export const memoryApiKeys = ({ apiKeys, apiKeyHashes }: MemoryState): ApiKeyStore => ({
  async add(key, hash) {
    apiKeys.set(key.id, key);
    apiKeyHashes.set(hash, key.id);
  },
  findByHash: async (hash) => apiKeys.get(apiKeyHashes.get(hash) ?? ''),
  list: async (userId) =>
    [...apiKeys.values()]
      .filter((key) => key.userId === userId)
      .sort((a, b) => (`${a.createdAt} ${a.id}` < `${b.createdAt} ${b.id}` ? 1 : -1)),
  async markUsed(id, at) {
    const key = apiKeys.get(id);
    if (key === undefined) return;
    const { lastUsedAt } = key;
    if (lastUsedAt === undefined || Date.parse(lastUsedAt) < Date.parse(at) - markEveryMs)
      apiKeys.set(id, { ...key, lastUsedAt: at });
  },
  remove: async (id) => void apiKeys.delete(id),
});
