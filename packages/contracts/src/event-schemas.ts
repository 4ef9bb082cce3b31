import { z } from 'zod';
import type { EventDefinition } from './define-event.ts';

/** JSON Schema of each event's data, by type in order of the alphabet, as a receiver may rely on it. */
export const schemasOf = (catalogue: readonly EventDefinition[]): Record<string, unknown> => {
  const sorted = catalogue.toSorted((a, b) => (a.type < b.type ? -1 : 1));
  return Object.fromEntries(
    sorted.map(({ type, data }) => {
      const { $schema, '~standard': _, ...schema } = z.toJSONSchema(data, { io: 'input' });
      return [type, schema];
    }),
  );
};
