import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * What an event takes over from whatever it is said in: the request or event that it all began with (`correlationId`),
 * the event just before (`causationId`), the W3C trace, and what was being done (`command`): the route of a request
 * (`POST /api/orders/:id/confirm`) or the consumer of an event (`orders.fulfilment`).
 */
export type MessageContext = Readonly<{
  correlationId: string;
  causationId?: string;
  traceparent?: string;
  command?: string;
}>;

const storage = new AsyncLocalStorage<MessageContext>();

/** Runs `work` so that every event appended in it, also after an `await`, carries this context. */
export const runInContext = <T>(context: MessageContext, work: () => T): T => storage.run(context, work);

/** The context of the innermost `runInContext` around the caller, if any. */
export const currentContext = (): MessageContext | undefined => storage.getStore();
