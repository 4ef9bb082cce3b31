import { checkConfig } from './config/check-config.ts';
import { parseGatewaySettings } from './config/settings.ts';
import { runGateway } from './run-gateway.ts';

const usage =
  'Usage: main.ts                      run on Consul, as the environment says\n       main.ts check [gateway.yaml]';

/** `check [file]`: says what is wrong with a configuration, without starting anything. Exit code 1 if it has mistakes. */
const check = async (file: string | undefined): Promise<void> => {
  const { ok, text } = await checkConfig(file ?? parseGatewaySettings(process.env).configFile);
  if (ok) return console.log(text);
  console.error(text);
  process.exitCode = 1;
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
