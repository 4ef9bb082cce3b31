import type { Registry, ServiceClient } from '@gatehouse/registry';
import type { Logger } from 'pino';
import { gatewayService } from './gateway-service.ts';
import type { Operation, ResultOf } from './operation.ts';

/** Where a gateway answers its like, on the operations port. */
export const operationsPath = '/internal/operations';

/** `from`: who asks, so that it does not ask itself. */
type OperationRequest = Readonly<{ from: string; operation: Operation }>;

/** Who answers says so: an address may be another machine's loopback. Its own asker it answers with nothing else. */
type OperationAnswer<T> = Readonly<
  { gateway: string } & (
    | { result: T }
    | { refused: Readonly<{ code: string; message: string }> }
    | { self: true }
  )
>;

/** What the others said. Each is in exactly one of the three. */
export type Said<T> = Readonly<{
  results: readonly Readonly<{ gateway: string; result: T }>[];
  refused: readonly Readonly<{ gateway: string; code: string; message: string }>[];
  /** Known to the registry, and could not be reached. */
  unavailable: readonly string[];
}>;

export type OtherGateways = Readonly<{
  /** Our own id. */
  id: string;
  /** Asks all others at once, each once; never rejects because of one of them. */
  ask<O extends Operation>(operation: O): Promise<Said<ResultOf<O>>>;
}>;

/** The only gateway there is. */
export const noOtherGateways: OtherGateways = {
  id: gatewayService,
  ask: async () => ({ results: [], refused: [], unavailable: [] }),
};

export const createOtherGateways = (o: {
  id: string;
  registry: Pick<Registry, 'list'>;
  client: Pick<ServiceClient, 'requestAll'>;
  logger: Pick<Logger, 'warn'>;
}): OtherGateways => {
  const known = async (): Promise<readonly string[]> => {
    try {
      const instances = await o.registry.list();
      return instances
        .filter(({ service, id }) => service === gatewayService && id !== o.id)
        .map(({ id }) => id);
    } catch (err) {
      o.logger.warn({ err }, 'the registry did not say which gateways there are');
      return [];
    }
  };

  const askThem = async <O extends Operation>(operation: O) => {
    const body: OperationRequest = { from: o.id, operation };
    const answers = await o.client
      .requestAll<OperationAnswer<ResultOf<O>> | undefined>(gatewayService, {
        ...{ method: 'POST', path: operationsPath, body },
      })
      .catch((err: unknown) => {
        o.logger.warn({ err }, 'no other gateway could be asked');
        return [];
      });
    return answers.filter(({ instance }) => instance.id !== o.id);
  };

  return {
    id: o.id,
    ask: async <O extends Operation>(operation: O): Promise<Said<ResultOf<O>>> => {
      const ids = await known();
      const answers = ids.length === 0 ? [] : await askThem(operation);
      const said = answers.flatMap(({ instance, ...answer }) => {
        const data = answer.ok ? answer.response.data : undefined;
        return data !== undefined && data.gateway === instance.id ? [data] : [];
      });
      const heard = new Set(said.map(({ gateway }) => gateway));
      const asked = [...new Set([...ids, ...answers.map(({ instance }) => instance.id)])];
      return {
        results: said.flatMap((one) =>
          'result' in one ? [{ gateway: one.gateway, result: one.result }] : [],
        ),
        refused: said.flatMap((one) => ('refused' in one ? [{ gateway: one.gateway, ...one.refused }] : [])),
        unavailable: asked.filter((id) => !heard.has(id)).sort(),
      };
    },
  };
};
