import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRows, type ShownBy } from './parse-rows.ts';
import { promises } from './promises.ts';

const root = join(import.meta.dirname, '../../..');
const page = 'docs/reference/gateway.md';
const rows = parseRows(readFileSync(join(root, page), 'utf8'));
const areas = Object.keys(promises);

/** The design's table has these areas; none may go missing from the list either. */
const designed = [
  ...['matching', 'path safety', 'message safety', 'headers', 'authentication', 'rate limit', 'discovery'],
  ...['balancing', 'passive health', 'retries', 'time', 'breaker', 'load', 'bodies', 'same GETs', 'upgrades'],
  ...['CORS, compression', 'shutdown', 'configuration', 'what is seen', 'OpenAPI', 'data path'],
];

describe(page, () => {
  it('has every area and every promise, in order and in the same words', () => {
    expect(areas).toEqual(designed);
    expect(rows.map(({ area, says }) => ({ area, says }))).toEqual(
      areas.flatMap((area) => (promises[area] ?? []).map((says) => ({ area, says }))),
    );
  });

  it('names for each promise what shows it', () => {
    const bare = rows.filter(({ shownBy }) => shownBy.length === 0);

    expect(bare.map(({ area, says }) => `${area}: ${says}`)).toEqual([]);
  });

  it('names only files and tests that there are, and none that is left out', () => {
    expect(rows.flatMap(({ shownBy }) => shownBy.flatMap(objectionTo))).toEqual([]);
  });
});

/** A test is found by its title as it is written, with its place-holders, in a `describe`, `it` or a list of cases. */
const objectionTo = ({ file, titles }: ShownBy): readonly string[] => {
  const path = join(root, file);
  if (!existsSync(path)) return [`${file} is not there`];
  const source = readFileSync(path, 'utf8');
  return titles.length === 0
    ? [`${file}: no test is named`]
    : titles.flatMap((title) => {
        if (!isWritten(source, title)) return [`${file}: there is no "${title}"`];
        return isLeftOut(source, title) ? [`${file}: "${title}" is not run`] : [];
      });
};

const quoted = (title: string): string => {
  const escaped = title.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&').replaceAll("'", "\\\\?'");
  return `['"\`]${escaped}['"\`]`;
};

const isWritten = (source: string, title: string): boolean => new RegExp(quoted(title)).test(source);

const isLeftOut = (source: string, title: string): boolean =>
  new RegExp(`\\.(?:skip|todo|fails)\\(\\s*${quoted(title)}`).test(source);
