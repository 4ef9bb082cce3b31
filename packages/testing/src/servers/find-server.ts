import { images } from './containers.ts';
import { hasDocker } from './docker.ts';
import { findProgram } from './programs.ts';
import type { ServerName } from './real-server.ts';

/**
 * What a server would be started from: the path of its program, else the name of an image where a Docker Engine answers,
 * else undefined (`npm run servers:install`).
 */
export const findServer = async (name: ServerName): Promise<string | undefined> => {
  const program = await findProgram(name);
  if (program !== undefined || name === 'postgres') return program;
  return (await hasDocker()) ? images[name] : undefined;
};
