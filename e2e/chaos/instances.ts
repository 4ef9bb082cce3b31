import { clientOf, eventually, type SignedIn } from '../src/client.ts';
import type { ProductOnServers } from '../src/servers-product.ts';

type WithAdmin = Readonly<{ product: ProductOnServers; admin: SignedIn }>;

export const killInstance = async (product: ProductOnServers, instance: string): Promise<void> => {
  process.kill(await product.pidOf(instance), 'SIGKILL');
};

export type Listed = Readonly<{
  name: string;
  instances: readonly Readonly<{
    id: string;
    available: boolean;
    ejection?: Readonly<{ cause: string; since: string }>;
  }>[];
}>;

/** Nothing of a gateway that is not there at the moment. */
export const listServices = async (gateway: string, admin: SignedIn): Promise<readonly Listed[]> => {
  const answer = await clientOf(gateway, admin.token)('GET /admin/services').catch(() => undefined);
  return answer?.body?.data ?? [];
};

export const knownInstances = async ({ product, admin }: WithAdmin): Promise<ReadonlySet<string>> => {
  const lists = await Promise.all(product.gateways.map((gateway) => listServices(gateway, admin)));
  return new Set(lists.flat().flatMap(({ instances }) => instances.map(({ id }) => id)));
};

/**
 * Until every gateway gives requests to an instance that was not there before, of each of `names`. A killed one may still count as
 * available, and what the registry has passing a gateway hears of up to a second later: neither would prove anything.
 */
export const whenReplaced = async (
  { product, admin }: WithAdmin,
  before: ReadonlySet<string>,
  names: readonly string[],
): Promise<void> => {
  for (const gateway of product.gateways) {
    await eventually(
      `a new instance of ${names.join(', ')}`,
      async () => {
        const listed = await listServices(gateway, admin);
        const isNew = (name: string) =>
          listed
            .find((service) => service.name === name)
            ?.instances.some(({ id, available }) => available && !before.has(id)) ?? false;
        return names.every(isNew) ? true : undefined;
      },
      60_000,
    );
  }
};
