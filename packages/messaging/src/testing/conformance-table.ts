import type { RunnerTask } from 'vitest';

const introduction = `# Transports

What the contract of the transport port asks (\`packages/messaging/src/transport.contract.ts\`, \`hints.contract.ts\`,
\`durability.contract.ts\`), and what each adapter did when it was last asked: in-process, and RabbitMQ on a real server.
\`npm run test:servers\` holds this page against the results.
`;

/**
 * The page that says which adapter passed which test of its contract, from the results of the run so far: call it in the
 * last test of a file. Suites are named `… (<adapter>)`.
 */
export const conformanceTable = (file: RunnerTask, adapters: readonly string[]): string => {
  const results = new Map<string, Map<string, string>>();
  const visit = (task: RunnerTask, path: readonly string[], adapter: string | undefined): void => {
    if (task.type === 'suite') {
      const named = adapters.find((name) => task.name.endsWith(` (${name})`));
      const title = named === undefined ? task.name : task.name.slice(0, -` (${named})`.length);
      for (const child of task.tasks) visit(child, [...path, title], named ?? adapter);
      return;
    }
    if (adapter === undefined) return;
    const name = [...path, task.name].slice(2).join(': ').replaceAll('|', '\\\\|');
    const row = results.get(name) ?? new Map<string, string>();
    row.set(adapter, task.result?.state === 'pass' ? 'yes' : 'no');
    results.set(name, row);
  };
  visit(file, [], undefined);
  const rows = [...results].map(
    ([name, row]) =>
      `| ${name} | ${adapters.map((adapter) => row.get(adapter) ?? 'not asked').join(' | ')} |`,
  );
  return [
    introduction,
    `| what | ${adapters.join(' | ')} |`,
    `|---|${adapters.map(() => '---|').join('')}`,
    ...rows,
    '',
  ].join('\n');
};
