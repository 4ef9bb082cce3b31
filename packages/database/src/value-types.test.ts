import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { valueTypes } from './value-types.ts';

const { INT8, JSONB, INT4 } = pg.types.builtins;
const before = [INT8, JSONB].map((oid) => [oid, pg.types.getTypeParser(oid)] as const);

describe('values of the database', () => {
  afterEach(() => {
    for (const [oid, parser] of before) pg.types.setTypeParser(oid, parser);
  });

  it('are read in our way, whatever another library has set for the process', () => {
    pg.types.setTypeParser(INT8, (text) => BigInt(text));
    pg.types.setTypeParser(JSONB, () => 'theirs');

    expect(valueTypes.getTypeParser(INT8, 'text')('9007199254740993')).toBe('9007199254740993');
    expect(valueTypes.getTypeParser(JSONB, 'text')('{"a":[1]}')).toEqual({ a: [1] });
  });

  it('are read in the usual way otherwise', () => {
    expect(valueTypes.getTypeParser(INT4, 'text')('42')).toBe(42);
  });
});
