import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from './ports.ts';
import { makePrivateFolder } from './private-folder.ts';
import { runServer } from './process-server.ts';
import type { RealServer } from './real-server.ts';

/** One server that is its own leader, with data on disk; nothing listens but HTTP, Raft and the local gossip. */
export const runConsul = async (program: string, [http, server, lan]: Ports): Promise<RealServer> => {
  const folder = await makePrivateFolder('consul');
  const config = {
    server: true,
    bootstrap_expect: 1,
    node_name: `gatehouse-${http}`,
    bind_addr: '127.0.0.1',
    client_addr: '127.0.0.1',
    data_dir: await folder.add('data'),
    ports: { http, server, serf_lan: lan, serf_wan: -1, dns: -1, grpc: -1 },
    performance: { raft_multiplier: 1 },
    disable_update_check: true,
    log_level: 'WARN',
  };
  const file = join(folder.path, 'consul.json');
  await writeFile(file, JSON.stringify(config));
  return runServer({
    name: 'consul',
    url: `http://127.0.0.1:${http}`,
    port: http,
    folder,
    launch: {
      command: program,
      args: ['agent', `-config-file=${file}`],
      cwd: folder.path,
      account: undefined,
      logFile: join(folder.path, 'consul.log'),
    },
    answers: () => knowsItself(http),
  });
};

const timeoutMs = 2_000;

/** It has a leader, who has caught up and knows this one node. */
export const knowsItself = async (port: number): Promise<boolean> => {
  try {
    const url = `http://127.0.0.1:${port}/v1/catalog/nodes?consistent`;
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    return response.ok && ((await response.json()) as unknown[]).length > 0;
  } catch {
    return false;
  }
};
