// docker-compose.yml as a project of its own, with names, a port and data that nothing else has.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run, succeeds } from './command.mjs';

export const root = join(import.meta.dirname, '../../..');

export const openProject = async ({ name, port, engine = {} }) => {
  const settings = {
    ...engine,
    COMPOSE_PROJECT_NAME: name,
    GATEHOUSE_VERSION: 'test',
    PORT: `127.0.0.1:${port}`,
    PUBLIC_URL: `http://localhost:${port}`,
    ADMIN_EMAIL: 'admin@example.com',
    LOG_LEVEL: 'info',
    RATE_LIMIT_FACTOR: '1',
  };
  const plugin = await succeeds('docker', ['compose', 'version']);
  const [program, before] = plugin ? ['docker', ['compose']] : ['docker-compose', []];

  const compose = (args, env = {}) =>
    run(program, [...before, ...args], { cwd: root, env: { ...settings, ...env } });
  const docker = (args, input) => run('docker', args, { env: settings, input });

  /** Every container of the project by the name of its service, as `docker inspect` tells it. */
  const containers = async () => {
    const filter = ['--filter', `label=com.docker.compose.project=${name}`];
    const { stdout } = await docker(['ps', '--all', '--quiet', ...filter]);
    const ids = stdout.split('\n').filter(Boolean);
    const found = ids.length === 0 ? [] : JSON.parse((await docker(['inspect', ...ids])).stdout);
    return Object.fromEntries(found.map((one) => [one.Config.Labels['com.docker.compose.service'], one]));
  };

  const whatIsNotHealthy = async (names) => {
    const now = await containers();
    return names.filter((service) => now[service]?.State.Health?.Status !== 'healthy');
  };

  return {
    compose,
    docker,
    containers,
    /** Runs in a container; answers what was written. */
    exec: async (service, command, input) => {
      const { Id } = (await containers())[service];
      return (await docker(['exec', '--interactive', Id, ...command], input)).stdout;
    },
    /** At most 3 minutes. */
    waitUntilHealthy: async (names) => {
      let waiting = names;
      for (let tries = 0; tries < 180 && waiting.length > 0; tries += 1) {
        if (tries > 0) await delay(1000);
        waiting = await whatIsNotHealthy(waiting);
      }
      if (waiting.length > 0) throw new Error(`Not healthy after 3 minutes: ${waiting.join(', ')}`);
    },
    /** The last lines of every container, for whoever looks for the cause of a failure. */
    logs: async () => (await compose(['logs', '--no-color', '--tail=40'])).stdout,
  };
};
