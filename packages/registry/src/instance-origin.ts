import { isIP, isIPv6 } from 'node:net';
import type { Instance } from './registry.ts';
import { registryError } from './registry-error.ts';

const name = /^[a-z][a-z0-9-]{0,62}$/;

/** `http://127.0.0.1:4001`, `http://[::1]:4001`: where an instance is dialled. */
export const instanceOrigin = ({ address, port }: Pick<Instance, 'address' | 'port'>): string =>
  `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;

/** Refuses what could not be dialled or told apart: AppError `invalid_instance`. */
export const assertInstance = ({ id, service, address, port, weight = 1 }: Instance): void => {
  const good =
    id !== '' &&
    name.test(service) &&
    isIP(address) !== 0 &&
    Number.isInteger(port) &&
    port > 0 &&
    port < 65_536 &&
    weight > 0;
  if (!good) throw registryError('invalid_instance', { details: { id, service, address, port, weight } });
};
