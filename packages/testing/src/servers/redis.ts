import { join } from 'node:path';
import { answersWith } from './ask.ts';
import { makePrivateFolder } from './private-folder.ts';
import { runServer } from './process-server.ts';
import type { RealServer } from './real-server.ts';

/** A Redis that keeps nothing on disk: a restart finds it empty, like one whose machine died. */
export const runRedis = async (program: string, port: number): Promise<RealServer> => {
  const folder = await makePrivateFolder('redis');
  const settings = { port: String(port), bind: '127.0.0.1', dir: folder.path, appendonly: 'no', save: '' };
  return runServer({
    name: 'redis',
    url: `redis://127.0.0.1:${port}`,
    port,
    folder,
    launch: {
      command: program,
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      cwd: folder.path,
      account: undefined,
      logFile: join(folder.path, 'redis.log'),
    },
    answers: () => answersWith(port, 'PING\r\n', '+PONG'),
  });
};
