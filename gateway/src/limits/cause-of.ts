const longest = 120;

/**
 * What happened, for the log: `ECONNREFUSED`, or what Redis said. What follows a comma is left out: there Redis repeats
 * the command, whose key names a caller. Neither has the password of the URL in it.
 */
export const causeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return (error.message.split(',', 1)[0] ?? '').slice(0, longest);
};
