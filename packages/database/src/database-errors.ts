import { defineErrors, isAppError } from '@gatehouse/errors';

export const databaseError = defineErrors({
  database_unavailable: ['unavailable', 'The database cannot be reached right now.'],
  database_timeout: ['timeout', 'The database took too long to answer.'],
});

/** How far an error's `cause` is followed. */
const causeDepth = 5;

/** Of the network, as Node names them. */
const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const awayStates = new Set([
  '25006', // read only: a failover is under way
  '57P01', // an administrator ended the connection
  '57P02', // the server crashed
  '57P03', // it is starting or stopping
  '58030', // its disk failed
]);
const awayStateClasses = /^(?:08|53)[0-9A-Z]{3}$/; // connection exceptions; out of disk, memory or connections

const timeoutStates = new Set([
  '57014', // statement_timeout, or cancelled
  '55P03', // lock_timeout
  '25P03', // idle in a transaction for too long
]);

/** What pg, its pool and Kysely throw without a code. */
const awayMessages =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|driver has already been destroyed|Postgres connection has been discarded)/;

/**
 * True when the database was not there, or not able, to do its work (refused, reset, restarting, out of connections or
 * disk): the fault of no request or message, so trying again later is right.
 */
export const isDatabaseAway = (error: unknown): boolean => {
  if (isAppError(error)) return error.code === 'database_unavailable';
  return chainOf(error).some(({ code, message }) =>
    code === undefined
      ? awayMessages.test(message)
      : awayCodes.has(code) || awayStates.has(code) || awayStateClasses.test(code),
  );
};

/** A unique index refused it; of `constraint` alone when that is given. */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean =>
  chainOf(error).some(
    (link) => link.code === '23505' && (constraint === undefined || link.constraint === constraint),
  );

/** Lost against another transaction (serialisation failure, deadlock): the same work may simply run again. */
export const isTransactionLost = (error: unknown): boolean =>
  !isAppError(error) && chainOf(error).some(({ code }) => code === '40001' || code === '40P01');

/**
 * What callers of the database should see: `database_unavailable` when it is away, `database_timeout` when a statement
 * ran out of time, and everything else as it was.
 */
export const toDatabaseError = (error: unknown): unknown => {
  if (isAppError(error)) return error;
  if (isDatabaseAway(error)) {
    return databaseError('database_unavailable', { cause: error, details: { retryAfterSeconds: 1 } });
  }
  return chainOf(error).some(({ code }) => code !== undefined && timeoutStates.has(code))
    ? databaseError('database_timeout', { cause: error })
    : error;
};

type Link = Readonly<{ code: string | undefined; constraint: string | undefined; message: string }>;

const chainOf = (error: unknown): readonly Link[] => {
  const links: Link[] = [];
  let current = error;
  while (current instanceof Error && links.length < causeDepth) {
    links.push({
      code: textOf(current, 'code'),
      constraint: textOf(current, 'constraint'),
      message: current.message,
    });
    current = current.cause;
  }
  return links;
};

const textOf = (error: Error, property: 'code' | 'constraint'): string | undefined => {
  const value = (error as Error & Partial<Record<typeof property, unknown>>)[property];
  return typeof value === 'string' ? value : undefined;
};
