import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gatewayError } from '../gateway-error.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { parseGatewayConfig } from './parse-config.ts';

/** @throws AppError `config_invalid`, also when the file cannot be read. */
export const loadGatewayConfig = async (file: string): Promise<GatewayConfig> =>
  parseGatewayConfig(await readConfigText(file), basename(file));

/** @throws AppError `config_invalid` */
export const readConfigText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw gatewayError('config_invalid', { message: `${basename(file)} cannot be read.`, cause });
  }
};
