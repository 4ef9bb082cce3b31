import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix, sep } from 'node:path';
import { listImports } from './module-imports.ts';

/**
 * What each part of a folder may import. A key is a folder (`domain/`), a file (`app.ts`) or `''` for everything else; the
 * longest that fits a file counts, a file that none fits is free (the wiring). What may be imported: a folder or a file
 * of ours (`domain/`), a package with its subpaths (`@gatehouse/errors`, `npm:zod`), any package from outside (`npm:*`),
 * one module of Node (`node:crypto`) or all of them (`node:`). A file may import from its own key's folder only when
 * that is listed too.
 */
export type LayerRules = Readonly<Record<string, readonly string[]>>;

const isTest = (file: string): boolean => /\.(?:int\.test|test|contract)\.ts$/.test(file);

/**
 * Fails, listing each import that goes against the rules. Test files are skipped. Fails too when a rule saw no file: a
 * check that looks past the code passes for ever.
 */
export const assertLayers = (dir: string, rules: LayerRules): void => {
  const keys = Object.keys(rules).sort((a, b) => b.length - a.length);
  const seen = new Set<string>();
  const violations: string[] = [];

  for (const file of listSources(dir)) {
    const key = keys.find((candidate) => covers(candidate, file));
    if (key === undefined) continue;
    seen.add(key);
    for (const imported of listImports(file, readFileSync(join(dir, file), 'utf8'))) {
      const target = imported.startsWith('.') ? posix.join(posix.dirname(file), imported) : imported;
      if (!(rules[key] ?? []).some((rule) => allows(rule, target, imported.startsWith('.')))) {
        violations.push(`${file} imports ${imported}: '${key}' may not`);
      }
    }
  }

  const unseen = keys.filter((key) => !seen.has(key));
  if (keys.length === 0 || unseen.length > 0) {
    throw new Error(
      `No source file seen in ${dir} for the rules: ${unseen.map((key) => `'${key}'`).join(', ')}`,
    );
  }
  if (violations.length > 0) throw new Error(`Layers of ${dir}:\n${violations.join('\n')}`);
};

const listSources = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll(sep, '/'))
    .filter((file) => /\.tsx?$/.test(file) && !isTest(file) && !file.split('/').includes('node_modules'))
    .sort();

const covers = (key: string, file: string): boolean =>
  key === '' || file === key || (key.endsWith('/') && file.startsWith(key));

const allows = (rule: string, target: string, isOurs: boolean): boolean => {
  if (isOurs) return rule !== '' && covers(rule, target);
  if (target.startsWith('node:') || isBuiltin(target)) {
    return rule === 'node:' || rule === (target.startsWith('node:') ? target : `node:${target}`);
  }
  const isPackageOfOurs = target.startsWith('@gatehouse/');
  if (rule === 'npm:*') return !isPackageOfOurs;
  const name = rule.replace(/^npm:/, '');
  return target === name || target.startsWith(`${name}/`);
};
