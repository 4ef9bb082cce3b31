import { isAppError } from '@gatehouse/errors';
import { loadGatewayConfig } from './config/load-config.ts';
import { toRouteSettings } from './config/route-settings.ts';
import { parseGatewaySettings } from './config/settings.ts';
import { runGateway } from './run-gateway.ts';

const usage =
  'Usage: main.ts                      run on Consul, as the environment says\n       main.ts check [gateway.yaml]';

/** `check [file]`: says what is wrong with a configuration, without starting anything. Exit code 1 if it has mistakes. */
const check = async (file: string | undefined): Promise<void> => {
  try {
    const settings = parseGatewaySettings(process.env);
    const routes = toRouteSettings(await loadGatewayConfig(file ?? settings.configFile));
    console.log(`The configuration is fine: ${routes.length} routes.`);
  } catch (error) {
    if (!isAppError(error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
};

const [command, file] = process.argv.slice(2);
switch (command) {
  case undefined:
    // Whatever still holds the event loop (a slow client) must not keep a stopped gateway alive.
    process.exit(await runGateway(process.env, console.error));
    break;
  case 'check':
    await check(file);
    break;
  default:
    console.error(usage);
    process.exitCode = 2;
}
