/** The sum of a metric of a gateway over all labels that `labels` (as `service="posts"`) is among; 0 if there is none. */
export const readCounter = async (operationsUrl: string, name: string, labels = ''): Promise<number> => {
  const text = await (await fetch(`${operationsUrl}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || (line.startsWith(`${name}{`) && line.includes(labels)))
    .reduce(
      (sum, line) =>
        sum +
        Number(
          line
            .slice(line.lastIndexOf('} ') + 1)
            .trim()
            .split(' ')
            .at(-1),
        ),
      0,
    );
};
