import { isAppError } from '@gatehouse/errors';
import { loadGatewayConfig } from './config/load-config.ts';
import { toRouteSettings } from './config/route-settings.ts';
import { parseGatewaySettings } from './config/settings.ts';

const usage = 'Usage: main.ts check [gateway.yaml]\nThe gateway runs with everything else by npm start.';

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
if (command === 'check') await check(file);
else {
  console.error(usage);
  process.exitCode = 2;
}
