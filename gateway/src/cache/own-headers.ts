/** Said by us on every answer of our own making: what a stored one says of them is of then. */
const ownNames = new Set(['age', 'cache-status', 'connection', 'content-length']);

/** The headers of an answer that are the service's: all but the first `skip`, and what is said anew each time. */
export const serviceHeaders = (headers: readonly string[], skip: number): string[] => {
  const list: string[] = [];
  for (let index = skip; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (!ownNames.has(name.toLowerCase())) list.push(name, headers[index + 1] as string);
  }
  return list;
};

export const headerIn = (headers: readonly string[], wanted: string): string | undefined => {
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    if ((headers[index] as string).toLowerCase() === wanted) return headers[index + 1];
  }
  return undefined;
};
