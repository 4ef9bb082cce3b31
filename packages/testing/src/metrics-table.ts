type Described = Readonly<{ name: string; type: string; help: string; labelNames: readonly string[] }>;

/**
 * The metrics of a registry (prom-client's) as a table of Markdown, by name. Those of Node itself, which prom-client
 * documents, are left out.
 */
export const metricsTable = (registry: Readonly<{ getMetricsAsArray(): readonly object[] }>): string => {
  const rows = (registry.getMetricsAsArray() as readonly Described[])
    .filter(({ name }) => !/^(?:process|nodejs)_/.test(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, labelNames, help }) => {
      const labels = labelNames.filter((label) => label !== 'trace_id').map((label) => `\`${label}\``);
      return `| \`${name}\` | ${type} | ${labels.join(' ')} | ${help.replace(/\.$/, '').replaceAll('|', '\\|')} |`;
    });
  return ['| metric | type | labels | what |', '|---|---|---|---|', ...rows].join('\n');
};

/** A page with another table below a heading, everything else as it was: for a test that holds (or, with `-u`, writes) it. */
export const withTable = (page: string, heading: string, table: string): string => {
  const lines = page.split('\n');
  const at = lines.indexOf(heading);
  if (at < 0) throw new Error(`The page has no "${heading}".`);
  const from = lines.findIndex((line, index) => index > at && line.startsWith('|'));
  const rest = lines.findIndex((line, index) => index > from && !line.startsWith('|'));
  return [...lines.slice(0, from), table, ...(rest < 0 ? [''] : lines.slice(rest))].join('\n');
};
