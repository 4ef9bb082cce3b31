import { currentContext, type Messaging, runInContext, type Subscription } from '@gatehouse/messaging';
import { isSampled } from './traceparent.ts';
import type { Tracing } from './tracing.ts';

/**
 * The same messaging, whose subscriptions handle each event of a sampled trace within a span: its parent is what the event
 * was said in, and what is said or called meanwhile has it as parent.
 */
export const traceMessaging = (messaging: Messaging, tracing: Tracing | undefined): Messaging =>
  tracing === undefined
    ? messaging
    : { ...messaging, subscribe: (subscription) => messaging.subscribe(traced(subscription, tracing)) };

const traced = (subscription: Subscription, tracing: Tracing): Subscription => ({
  ...subscription,
  handle: async (event, tx) => {
    const { traceparent: parent } = event;
    if (parent === undefined || !isSampled(parent)) return subscription.handle(event, tx);
    const span = tracing.start(`process ${event.type}`, {
      kind: 'consumer',
      parent,
      attributes: {
        'messaging.operation.type': 'process',
        'messaging.destination.name': subscription.consumer,
        'messaging.message.id': event.id,
      },
    });
    const context = { correlationId: event.correlationid, causationId: event.id, ...currentContext() };
    try {
      await runInContext({ ...context, traceparent: span.traceparent }, () => subscription.handle(event, tx));
      span.end();
    } catch (error) {
      span.end(codeOf(error));
      throw error;
    }
  },
});

/** Codes of ours are a bounded set; what others throw is not looked into. */
const codeOf = (error: unknown): string => {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : 'unexpected';
};
