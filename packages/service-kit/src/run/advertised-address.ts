import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { environmentError } from './parse-environment.ts';

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * The address that goes into the registry: nobody can dial a wildcard, and guessing among several would send traffic where
 * nobody listens.
 *
 * @throws invalid_configuration when `host` is a wildcard and this machine has no address, or several, beside loopback.
 */
export const findAdvertisedAddress = (
  host: string,
  advertised: string | undefined,
  interfaces: Interfaces = networkInterfaces(),
): string => {
  if (advertised !== undefined) return advertised;
  if (!wildcards.has(host)) return host;
  const addresses = Object.values(interfaces)
    .flatMap((infos) => infos ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
  const [only, ...others] = addresses;
  if (only !== undefined && others.length === 0) return only;
  throw environmentError('invalid_configuration', {
    message: `ADVERTISE_ADDRESS is missing: HOST is a wildcard, and this machine has ${addresses.length} addresses to choose from.`,
  });
};
