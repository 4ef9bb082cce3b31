import { basename } from 'node:path';
import { isAppError } from '@gatehouse/errors';
import { loadGatewayConfig } from './load-config.ts';
import { leadsTo, toRouteSettings } from './route-settings.ts';

export type ConfigCheck = Readonly<{ ok: boolean; text: string }>;

/** What is wrong with a file, every mistake with its line; or, if nothing is, what it says in one sentence. Starts nothing. */
export const checkConfig = async (file: string): Promise<ConfigCheck> => {
  try {
    const routes = toRouteSettings(await loadGatewayConfig(file));
    const services = [...new Set(routes.flatMap(leadsTo))].sort();
    return {
      ok: true,
      text: `${basename(file)} is fine: ${routes.length} routes to ${services.join(', ')}.`,
    };
  } catch (error) {
    if (!isAppError(error) || error.code !== 'config_invalid') throw error;
    return { ok: false, text: error.message };
  }
};
