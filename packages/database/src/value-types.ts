import pg from 'pg';

const { builtins } = pg.types;
const asText = (text: string): string => text;

const own = new Map<number, (text: string) => unknown>([
  [builtins.INT8, asText], // too long for a number
  [builtins.JSON, JSON.parse],
  [builtins.JSONB, JSON.parse],
]);

/**
 * What becomes of values that come from the database. pg keeps its parsers for the whole process, where any library may put others
 * (`@event-driven-io/dumbo` reads JSON with a reviver, at three times the cost, and bigints as BigInt): those that matter are our own.
 */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    const parser = format === 'binary' ? undefined : own.get(oid);
    return parser ?? pg.types.getTypeParser(oid, format);
  },
};
