/** Between what a service says and what is believed: its clock starts before ours. */
const marginMs = 1000;

const hint = /(?:^|[\s,;])timeout[\t ]*=[\t ]*"?(\d{1,9})(?!\d)/i;

/** How long a service keeps a connection open that idles, by its `Keep-Alive: timeout=5`, less a margin; may be below 0. */
export const toIdleMs = (keepAlive: string): number => {
  const [, seconds] = hint.exec(keepAlive) ?? [];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000 - marginMs;
};

/** Whether the sender goes on with the connection after this message (RFC 9112 §9.3). */
export const isPersistent = (minorVersion: number, connection: string | undefined): boolean => {
  if (connection === undefined) return minorVersion === 1;
  if (connection === 'keep-alive') return true;
  if (connection === 'close') return false;
  const options = connection
    .toLowerCase()
    .split(',')
    .map((each) => each.trim());
  return !options.includes('close') && (minorVersion === 1 || options.includes('keep-alive'));
};
