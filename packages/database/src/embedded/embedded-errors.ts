import { type AppError, defineErrors, isAppError } from '@gatehouse/errors';

export const embeddedError = defineErrors({
  unsupported_platform: ['unavailable', 'There is no PostgreSQL for this platform among the npm packages.'],
  disk_full: ['unavailable', 'The disk is full.'],
  data_dir_in_use: ['conflict', 'Another process runs on this data folder.'],
  data_dir_unusable: ['unavailable', 'The data folder cannot be used.'],
  data_dir_incompatible: ['conflict', 'The data were written by another major version of PostgreSQL.'],
  port_taken: ['conflict', 'The port of the database is taken.'],
  database_start_failed: ['unavailable', 'PostgreSQL did not start.'],
});

/** A failure of the file system in the words of this package; everything else as it was. */
export const toFolderError = (error: unknown, folder: string): unknown => {
  if (isAppError(error) || !(error instanceof Error) || !('code' in error)) return error;
  // The last is PostgreSQL's own.
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === '53100') {
    return embeddedError('disk_full', { message: `The disk of ${folder} is full.`, cause: error });
  }
  if (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS') {
    const message = `${folder} cannot be written by this user (${error.code}).`;
    return embeddedError('data_dir_unusable', { message, cause: error });
  }
  return error;
};

/** What a server that ended at its start wrote last, in the words of this package. */
export const toStartError = (log: string, about: Readonly<{ dataDir: string; port: number }>): AppError => {
  const details = { ...about, log: log.slice(-2_000) };
  if (/No space left on device|Disk quota exceeded/.test(log)) {
    return embeddedError('disk_full', { message: `The disk of ${about.dataDir} is full.`, details });
  }
  if (/could not bind|could not create any TCP\/IP sockets/.test(log)) {
    return embeddedError('port_taken', { message: `Port ${about.port} is taken.`, details });
  }
  if (/lock file "postmaster\.pid" already exists|pre-existing shared memory block/.test(log)) {
    return embeddedError('data_dir_in_use', { details });
  }
  if (/database files are incompatible with server/.test(log)) {
    return embeddedError('data_dir_incompatible', { details });
  }
  const reason = /(?:FATAL|PANIC|error|could not):?\s.*/.exec(log)?.[0] ?? 'it said nothing';
  return embeddedError('database_start_failed', { message: `PostgreSQL did not start: ${reason}`, details });
};
