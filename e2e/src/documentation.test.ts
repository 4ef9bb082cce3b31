import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const isOurs = (file: string) => !/node_modules|\/vendor\/|\.gatehouse/.test(file);
const sources = globSync('{packages,services,gateway,infra}/**/*.ts', { cwd: root }).filter(
  (file) => isOurs(file) && !/\.(test|contract)\.ts$/.test(file),
);
const pages = globSync('{*.md,docs/**/*.md,{packages,services,infra}/*/README.md,gateway/README.md}', {
  cwd: root,
}).filter(isOurs);

describe('the documentation', () => {
  it('lists every error that the code declares, with its kind and message', async () => {
    const rows = sources.flatMap((file) => errorsOf(read(file))).sort();
    expect(rows.length).toBeGreaterThan(30);
    const page = [
      '# Errors',
      '',
      'Every `code` that an answer, a log line or a dead letter can carry. The kind decides the HTTP status and whether a message is retried (`packages/errors`).',
      '',
      '| code | kind | message |',
      '|---|---|---|',
      ...new Set(rows),
      '',
    ].join('\n');

    await expect(page).toMatchFileSnapshot(join(root, 'docs/reference/errors.md'));
  });

  it('names only files that are there', () => {
    const missing = pages.flatMap((page) =>
      [...read(page).matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.(?:ts|mjs|md|ya?ml|json|sh))`/g)]
        .map(([, file = '']) => file)
        .filter((file) => !existsSync(join(root, file)) && !existsSync(join(root, dirname(page), file)))
        .map((file) => `${page}: ${file}`),
    );

    expect(pages.length).toBeGreaterThan(15);
    expect(missing).toEqual([]);
  });

  it('links only to pages that are there', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !existsSync(join(root, dirname(page), link)))
        .map((link) => `${page}: ${link}`),
    );

    expect(broken).toEqual([]);
  });

  it('runs only scripts that there are', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
    const unknown = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run ([\w:-]+)/g)]
        .map(([, script = '']) => script)
        .filter((script) => !scripts.includes(script))
        .map((script) => `${page}: ${script}`),
    );

    expect(unknown).toEqual([]);
  });
});

/** Entries of a `defineErrors` table, as rows: `order_empty: ['conflict', 'An order …'],` */
const errorsOf = (source: string): readonly string[] =>
  [...source.matchAll(/defineErrors\(\{([\s\S]*?)\n?\}\)/g)].flatMap(([, table = '']) =>
    [...table.matchAll(/^\s*(\w+):\s*\[\s*'([\w-]+)',\s*(['"`])([\s\S]*?)\3,?\s*\]/gm)].map(
      ([, code, kind, , message]) => `| \`${code}\` | ${kind} | ${message} |`,
    ),
  );
