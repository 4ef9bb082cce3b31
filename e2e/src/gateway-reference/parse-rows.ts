export type ShownBy = Readonly<{ file: string; titles: readonly string[] }>;

export type Row = Readonly<{ area: string; says: string; shownBy: readonly ShownBy[] }>;

/**
 * The rows of the page's table. The last column is a list in code marks: a file, then the titles of its tests, then perhaps
 * another file. An area is named in its first row alone.
 */
export const parseRows = (markdown: string): readonly Row[] => {
  const lines = markdown.split('\n').filter((line) => line.startsWith('| '));
  const rows: Row[] = [];
  for (const line of lines.slice(1)) {
    const [area = '', says = '', shown = ''] = line.slice(2, -2).split(' | ');
    const named = area.trim() === '' ? (rows.at(-1)?.area ?? '') : area.trim();
    rows.push({ area: named, says: says.trim(), shownBy: readShown(shown) });
  }
  return rows;
};

const readShown = (cell: string): readonly ShownBy[] => {
  const found: { file: string; titles: string[] }[] = [];
  for (const [, text = ''] of cell.matchAll(/`([^`]+)`/g)) {
    if (/\.(?:test|contract)\.ts$/.test(text)) found.push({ file: text, titles: [] });
    else found.at(-1)?.titles.push(text);
  }
  return found;
};
