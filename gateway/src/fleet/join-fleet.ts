import type { AddressInfo } from 'node:net';
import type { Registration, Registry } from '@gatehouse/registry';
import { findAdvertisedAddress } from '@gatehouse/service-kit';
import { gatewayService } from './gateway-service.ts';

/** How a gateway is found by its like, and knows them. */
export type FleetMembership = Readonly<{
  /** Unique among all instances of all services. */
  id: string;
  version: string;
  /** IP that the others reach the operations port at; undefined: the one it listens on. */
  advertise?: string | undefined;
  /** Of a service token. */
  verify: (token: string) => Promise<Readonly<{ name: string }>>;
}>;

/**
 * From now on the others ask this gateway too.
 *
 * @throws invalid_configuration when it listens on a wildcard and this machine has several addresses
 */
export const joinFleet = (
  registry: Registry,
  { id, version, advertise }: FleetMembership,
  operations: Pick<AddressInfo, 'address' | 'port'>,
): Promise<Registration> => {
  const address = findAdvertisedAddress(operations.address, advertise);
  return registry.register(
    { id, service: gatewayService, address, port: operations.port, version, tags: [] },
    { path: `/readyz?instance=${id}` },
  );
};
