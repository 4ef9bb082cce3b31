import type { EventData, EventDefinition, FormerVersion } from './define-event.ts';
import type { EventEnvelope } from './event-envelope.ts';

/**
 * For `defineEvent({ …, former: from(OrderCreatedV1, (data) => ({ ...data, note: '' })) })`. The step is pure: no clock, no
 * look-up, the same for every reader.
 */
export const from = <E extends EventDefinition>(
  definition: E,
  upcast: (data: EventData<E>) => unknown,
): FormerVersion => ({ definition, upcast: upcast as FormerVersion['upcast'] });

/** Whether an event of this type can be read as one of the definition: it is one, or of an earlier version. */
export const isVersionOf = (definition: EventDefinition, type: string): boolean =>
  definition.type === type ||
  (definition.former !== undefined && isVersionOf(definition.former.definition, type));

/** What a contract says of data; `issues` when it does not fit. */
export type ReadData = ReturnType<EventDefinition['data']['safeParse']>;

/**
 * The data of an event of this or an earlier version as that of the definition: checked by the contract it was written by, then
 * step by step through the chain, each result checked by the contract of its version.
 */
export const upcastTo = (definition: EventDefinition, event: EventEnvelope): ReadData => {
  const { former } = definition;
  if (event.type === definition.type || former === undefined) return definition.data.safeParse(event.data);
  const before = upcastTo(former.definition, event);
  return before.success ? definition.data.safeParse(former.upcast(before.data)) : before;
};
