import { z } from 'zod';
import type { ReloadReport } from '../config/config-reloads.ts';
import type { GatewayInspection, RateLimitReport } from '../inspection.ts';

/** What one gateway may ask of another on behalf of an operator. */
export const operationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('list-breakers') }),
  z.strictObject({
    kind: z.literal('set-breaker'),
    name: z.string().min(1).max(100),
    mode: z.enum(['open', 'closed', 'auto']),
  }),
  z.strictObject({ kind: z.literal('list-rate-limits') }),
  z.strictObject({ kind: z.literal('clear-rate-limit'), key: z.string().min(1).max(400) }),
  z.strictObject({ kind: z.literal('reload') }),
]);

export type Operation = z.output<typeof operationSchema>;

/** What comes back of each operation. */
export type Results = Readonly<{
  'list-breakers': ReturnType<GatewayInspection['breakers']>;
  'set-breaker': ReturnType<GatewayInspection['setBreaker']>;
  'list-rate-limits': readonly RateLimitReport[];
  'clear-rate-limit': boolean;
  reload: ReloadReport;
}>;

export type ResultOf<O extends Operation> = Results[O['kind']];

/** Does it here. Throws what the inspection throws. */
export const performOperation = async (
  inspection: GatewayInspection,
  operation: Operation,
): Promise<Results[Operation['kind']]> => {
  switch (operation.kind) {
    case 'list-breakers':
      return inspection.breakers();
    case 'set-breaker':
      return inspection.setBreaker(operation.name, operation.mode);
    case 'list-rate-limits':
      return inspection.rateLimits();
    case 'clear-rate-limit':
      return inspection.clearRateLimit(operation.key);
    case 'reload':
      return inspection.reload('operator');
  }
};
