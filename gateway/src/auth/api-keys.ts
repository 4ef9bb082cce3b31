import { hash } from 'node:crypto';
import type { Principal, TokenVerifier } from '@gatehouse/auth';
import { isAppError } from '@gatehouse/errors';
import type { Clock } from '@gatehouse/resilience';
import { gatewayError } from '../gateway-error.ts';
import { createKnownKeys, type KnownKey } from './known-keys.ts';

/** Whoever an API key stands for, and the `Authorization` that services get in the place of the key. */
export type KeyCaller = Readonly<{ principal: Principal; authorization: string }>;

/** Tells who calls with an API key: at once when the key is known. So it may throw as well as reject. */
export type ApiKeys = Readonly<{
  /**
   * @throws AppError `unauthenticated` for a key that is no good; `service_unavailable` when nobody can tell, `overloaded`
   * when too many ask at once
   */
  find(key: string): KeyCaller | Promise<KeyCaller>;
}>;

export type ApiKeysDeps = Readonly<{
  /** Asks users for an access token; undefined: the key is no good. Bounds its own time. */
  exchange: (key: string) => Promise<string | undefined>;
  verifier: Pick<TokenVerifier, 'verifyHeader'>;
  clock: Clock;
  /** How many keys are remembered at most, and how many refusals. */
  cacheSize?: number;
}>;

/** What a key looks like: nothing else is asked about. */
const keyForm = /^ghk_[A-Za-z0-9_-]{43}$/;
/** Questions to users at a time. */
const mostQuestions = 64;

/**
 * API keys, exchanged at users for access tokens of a minute. Known by their SHA-256 alone. For this gateway a key is
 * - unknown: the next request asks; requests with the same key share one question
 * - good: its token lives and is not revoked. In the last third of its life the next request asks for another beside it;
 *   in its last seconds requests wait for that one, for services would see it end
 * - refused: users said so; for 10 s nobody asks again
 * - untold: there is no living token and users cannot be asked; for a second nobody tries again
 * A token that is revoked asks at once: the key may be good still, its owner having another role.
 */
export const createApiKeys = ({ exchange, verifier, clock, cacheSize = 10_000 }: ApiKeysDeps): ApiKeys => {
  const keys = createKnownKeys({ clock, limit: cacheSize });
  const questions = new Map<string, Promise<KeyCaller>>();

  const ask = async (digest: string, key: string): Promise<KeyCaller> => {
    try {
      const token = await exchange(key);
      if (token === undefined) throw refused();
      const authorization = `Bearer ${token}`;
      const caller = { authorization, principal: await verifier.verifyHeader(authorization) };
      keys.keep(digest, caller);
      return caller;
    } catch (error) {
      if (isAppError(error) && error.kind === 'unauthenticated') {
        keys.refuse(digest);
        throw error;
      }
      keys.holdBack(digest);
      throw untold(error);
    } finally {
      questions.delete(digest);
    }
  };

  const askOnce = (digest: string, key: string): Promise<KeyCaller> => {
    const underway = questions.get(digest);
    if (underway !== undefined) return underway;
    if (questions.size >= mostQuestions) {
      return Promise.reject(gatewayError('overloaded', { details: { retryAfterSeconds: 1 } }));
    }
    const asking = ask(digest, key);
    questions.set(digest, asking);
    return asking;
  };

  /** Its token may be revoked, which an exception says, or have been forgotten, which a promise says. */
  const check = (known: KnownKey): KeyCaller | Promise<KeyCaller> => {
    const { caller } = known;
    const principal = verifier.verifyHeader(caller.authorization);
    return principal instanceof Promise ? principal.then(() => caller) : caller;
  };

  const askAgain = async (digest: string, key: string, known: KnownKey | undefined): Promise<KeyCaller> => {
    try {
      if (keys.isHeldBack(digest)) throw untold();
      return await askOnce(digest, key);
    } catch (error) {
      if (known === undefined || !isAppError(error) || error.kind !== 'unavailable') throw error;
      if (!keys.lives(known)) throw error;
      try {
        return await check(known);
      } catch {
        throw error; // Revoked, and nobody can tell whether there would be another token.
      }
    }
  };

  return {
    find: (key) => {
      if (!keyForm.test(key)) throw refused();
      const digest = hash('sha256', key, 'base64url');
      const known = keys.find(digest);
      if (known === undefined) {
        if (keys.isRefused(digest)) throw refused();
        return askAgain(digest, key, undefined);
      }
      if (keys.isEnding(known)) return askAgain(digest, key, known);
      if (keys.isDue(known)) void askOnce(digest, key).catch(toldLater);
      try {
        return check(known);
      } catch (error) {
        if (!isAppError(error) || error.kind !== 'unauthenticated') throw error;
        return askAgain(digest, key, known);
      }
    },
  };
};

const refused = () =>
  gatewayError('unauthenticated', { message: 'The API key is unknown, expired or revoked.' });

const untold = (cause?: unknown) =>
  gatewayError('service_unavailable', {
    message: 'API keys cannot be checked at the moment.',
    details: { retryAfterSeconds: 1 },
    ...(cause === undefined ? {} : { cause }),
  });

/** By the request that needs the answer. */
const toldLater = (): void => {};
