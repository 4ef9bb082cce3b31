import { isAppError } from '@gatehouse/errors';
import type { Registry, ServiceClient, ServiceRequest } from '@gatehouse/registry';
import { gatewayService } from '../fleet/gateway-service.ts';
import { gatewayError } from '../gateway-error.ts';

/** What each service said, and who said nothing: one dead service never hides what the others know. */
type Gathered<T> = Readonly<{
  answers: readonly Readonly<{ service: string; data: T }>[];
  unavailable: readonly string[];
}>;

export type AskServices = Readonly<{
  /** Asks one instance of every service that is registered, or of the one that is wanted, all at once. */
  all<T>(request: ServiceRequest, wanted?: string): Promise<Gathered<T>>;
  /** Asks one service after the other until one does not answer `not_found`: for a thing whose owner is not known. */
  owner<T>(request: ServiceRequest): Promise<T>;
  one<T>(service: string, request: ServiceRequest): Promise<T>;
  /** Asks every instance of a service, for what each keeps in memory; fails as the first that failed. */
  instances<T>(service: string, request: ServiceRequest): Promise<T>;
}>;

type Envelope<T> = Readonly<{ data: T }>;

export const createAskServices = (o: {
  registry: Pick<Registry, 'list'>;
  client: Pick<ServiceClient, 'request' | 'requestAll'>;
}): AskServices => {
  const names = async (): Promise<readonly string[]> =>
    [...new Set((await o.registry.list()).map(({ service }) => service))]
      .filter((service) => service !== gatewayService)
      .sort();

  const one = async <T>(service: string, request: ServiceRequest): Promise<T> =>
    (await o.client.request<Envelope<T>>(service, request)).data?.data;

  return {
    one,
    instances: async <T>(service: string, request: ServiceRequest) => {
      const answers = await o.client.requestAll<Envelope<T>>(service, request);
      const failed = answers.find(({ ok }) => !ok);
      if (failed && !failed.ok) throw failed.error;
      const [first] = answers;
      if (!first?.ok) throw gatewayError('service_unavailable');
      return first.response.data?.data;
    },
    all: async <T>(request: ServiceRequest, wanted?: string) => {
      const services = (await names()).filter((name) => wanted === undefined || name === wanted);
      const results = await Promise.allSettled(services.map((service) => one<T>(service, request)));
      const told = services.map((service, n) => ({ service, result: results[n] }));
      return {
        answers: told.flatMap(({ service, result }) =>
          result?.status === 'fulfilled' ? [{ service, data: result.value }] : [],
        ),
        unavailable: told.flatMap(({ service, result }) => (result?.status === 'rejected' ? [service] : [])),
      };
    },
    owner: async <T>(request: ServiceRequest) => {
      let lastFailure: unknown;
      for (const service of await names()) {
        try {
          return await one<T>(service, request);
        } catch (error) {
          // A service that is away may be the owner: it is told only when nobody else has the thing.
          if (!isAppError(error) || error.kind !== 'not-found') lastFailure = error;
          if (isAppError(error) && !['not-found', 'unavailable', 'timeout'].includes(error.kind)) throw error;
        }
      }
      throw lastFailure ?? gatewayError('not_found');
    },
  };
};
