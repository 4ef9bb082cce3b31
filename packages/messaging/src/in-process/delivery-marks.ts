/** Which queues have stored a message that others still lack, so that a repeat reaches only those. */
export type DeliveryMarks = Readonly<{
  has(id: string, queue: string): boolean;
  add(id: string, queue: string): void;
  forget(id: string): void;
}>;

/**
 * Marks of at most `limit` messages; the oldest are forgotten first, and after a restart all are. That costs a repeat,
 * which the inbox recognises, and never a message.
 */
export const createDeliveryMarks = (limit = 10_000): DeliveryMarks => {
  const queuesOf = new Map<string, Set<string>>();

  return {
    has: (id, queue) => queuesOf.get(id)?.has(queue) ?? false,
    add: (id, queue) => {
      const known = queuesOf.get(id);
      if (known) {
        known.add(queue);
        return;
      }
      queuesOf.set(id, new Set([queue]));
      if (queuesOf.size <= limit) return;
      for (const oldest of queuesOf.keys()) {
        queuesOf.delete(oldest);
        return;
      }
    },
    forget: (id) => {
      queuesOf.delete(id);
    },
  };
};
