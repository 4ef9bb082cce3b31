import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertLayers } from './assert-layers.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'layers-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const write = (files: Record<string, string>): void => {
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), source);
  }
};

const rules = {
  'domain/': ['domain/', '@gatehouse/errors'],
  'adapters/': ['domain/', 'adapters/', 'npm:*', 'node:'],
};
const adapter = { 'adapters/a.ts': "import pg from 'pg';\nimport '../domain/order.ts';\nimport 'node:fs';" };

describe('layers that are kept', () => {
  it('pass', () => {
    write({
      ...adapter,
      'domain/order.ts': "import { defineErrors } from '@gatehouse/errors';\nimport './deep/item.ts';",
      'domain/deep/item.ts': "import type { Order } from '../order.ts';",
      'app.ts': "import './domain/order.ts';\nimport './adapters/a.ts';",
    });

    expect(() => assertLayers(dir, rules)).not.toThrow();
  });

  it('do not bind tests', () => {
    write({
      ...adapter,
      'domain/order.ts': '',
      'domain/order.test.ts': "import { it } from 'vitest';",
      'domain/order.int.test.ts': "import '../adapters/a.ts';",
    });

    expect(() => assertLayers(dir, rules)).not.toThrow();
  });

  it('may name single modules and files, of which the longest fitting rule counts', () => {
    write({
      'a/b/c.ts':
        "import { createHash } from 'node:crypto';\nimport 'kysely/migration';\nimport '../../d.ts';",
    });

    expect(() => assertLayers(dir, { 'a/': [], 'a/b/': ['node:crypto', 'npm:kysely', 'd.ts'] })).toThrow(
      /'a\/'/,
    );
    expect(() => assertLayers(dir, { 'a/b/': ['node:crypto', 'npm:kysely', 'd.ts'] })).not.toThrow();
  });
});

describe('layers that are broken', () => {
  it.each([
    ['an import', "import { a } from '../adapters/a.ts';"],
    ['an import of a type', "import type { A } from '../adapters/a.ts';"],
    ['an inline type', "import { type A } from '../adapters/a.ts';"],
    ['an import for its effect', "import '../adapters/a.ts';"],
    ['a re-export', "export { a } from '../adapters/a.ts';"],
    ['a re-export of all', "export * from '../adapters/a.ts';"],
    ['a re-export of a type', "export type { A } from '../adapters/a.ts';"],
    ['an import() later', "export const a = async () => (await import('../adapters/a.ts')).a;"],
    ['an import() in a type', "export type A = import('../adapters/a.ts').A;"],
    ['one over several lines', "import {\n  a,\n  // ' }\n  b,\n} from\n  '../adapters/a.ts';"],
    ['a package', "import { Kysely } from 'kysely';"],
    ['another of our packages', "import { openDatabase } from '@gatehouse/database';"],
    ['one of Node', "import { readFile } from 'node:fs/promises';"],
    ['one of Node without its prefix', "import fs from 'fs';"],
  ])('by %s are told', (_, source) => {
    write({ ...adapter, 'domain/order.ts': source });

    expect(() => assertLayers(dir, rules)).toThrow(/domain\/order\.ts imports/);
  });

  it('are not seen in texts and comments', () => {
    write({
      ...adapter,
      'domain/order.ts': "// import '../adapters/a.ts'\nexport const text = \"import x from 'kysely'\";",
    });

    expect(() => assertLayers(dir, rules)).not.toThrow();
  });

  it('by a package whose name only begins like one that is allowed are told', () => {
    write({ ...adapter, 'domain/order.ts': "import '@gatehouse/errors-extra';" });

    expect(() => assertLayers(dir, rules)).toThrow(/errors-extra/);
  });

  it('by something computed or something that does not parse are told', () => {
    write({ ...adapter, 'domain/order.ts': 'export const load = (name: string) => import(name);' });
    expect(() => assertLayers(dir, rules)).toThrow(/computed/);

    write({ 'domain/order.ts': 'export const = ;' });
    expect(() => assertLayers(dir, rules)).toThrow(/does not parse/);
  });
});

describe('a check that looks past the code', () => {
  it('fails when a rule sees no file', () => {
    write(adapter);

    expect(() => assertLayers(dir, rules)).toThrow(/No source file .*'domain\/'/);
  });

  it('fails in a folder of tests alone, and without rules', () => {
    write({ 'domain/order.test.ts': '' });

    expect(() => assertLayers(dir, { 'domain/': [] })).toThrow(/No source file/);
    expect(() => assertLayers(dir, {})).toThrow(/No source file/);
  });
});
