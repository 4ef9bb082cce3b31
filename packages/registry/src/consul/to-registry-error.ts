import { type AppError, isAppError } from '@gatehouse/errors';
import { registryError } from '../registry-error.ts';

/**
 * What a call to Consul failed with. An answer that refuses (4xx: no right, a request that it does not understand) is
 * `registry_refused` and repeating it does not help; all else is `registry_unavailable`.
 *
 * The client's own error for an answer carries the request with its token, so it is no cause of ours: status and reason are.
 */
export const toRegistryError = (error: unknown): AppError => {
  if (isAppError(error)) return error;
  if (!(error instanceof Error) || !('isResponse' in error))
    return registryError('registry_unavailable', { cause: error });
  const status = 'statusCode' in error ? Number(error.statusCode) : 0;
  const refused = status >= 400 && status < 500 && status !== 429;
  return registryError(refused ? 'registry_refused' : 'registry_unavailable', {
    details: { status, reason: error.message },
  });
};
