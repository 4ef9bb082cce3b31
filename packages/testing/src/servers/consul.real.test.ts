import { realServerContract } from './real-server.contract.ts';
import { realServer } from './run-servers.ts';
import { startConsul } from './start-servers.ts';

realServer('consul').describe('Consul', () => {
  const fetchOk = async (url: string, timeoutMs: number, init: RequestInit = {}): Promise<string> => {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new TypeError(`${response.status} from ${url}`);
    return response.text();
  };

  realServerContract({
    start: startConsul,
    ask: ({ url }, timeoutMs) => fetchOk(`${url}/v1/catalog/services`, timeoutMs),
    write: async ({ url }) => {
      await fetchOk(`${url}/v1/kv/trace`, 5_000, { method: 'PUT', body: 'kept' });
    },
    hasWritten: async ({ url }) => (await fetchOk(`${url}/v1/kv/trace?raw`, 5_000)) === 'kept',
  });
});
