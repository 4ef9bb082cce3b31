import type { Clock } from '@gatehouse/resilience';
import { jwtVerify, SignJWT } from 'jose';
import { authError } from './auth-error.ts';
import type { ServicePrincipal } from './principal.ts';

/** How our services prove to each other who is calling. Good for `/internal` alone; says nothing about a user. */
export type ServiceTokens = Readonly<{
  /** At once while the last one for this service has half of its life left. */
  issue(service: string): string | Promise<string>;
  /** AppError `unauthenticated` for anything but a living token of ours. */
  verify(token: string): Promise<ServicePrincipal>;
}>;

export type ServiceTokensOptions = Readonly<{
  /** Shared by all services, at least 32 bytes. */
  secret: string;
  clock: Clock;
}>;

type Issued = Readonly<{
  token: string;
  /** Seconds since the epoch. */
  issuedAt: number;
}>;

const algorithm = 'HS256';
/** A type of its own, so that no other token signed with this secret could ever pass (RFC 8725 §3.11). */
const type = 'gatehouse-service+jwt';
const issuer = 'gatehouse';
const audience = 'gatehouse-internal';
const lifetimeSeconds = 60;
const leewaySeconds = 5;
const minSecretBytes = 32;
const maxTokenLength = 1024;
const maxServices = 100;
const serviceName = /^[a-z][a-z0-9-]{0,62}$/;

/** HS256 tokens of 60 s between our own services. */
export const createServiceTokens = ({ secret, clock }: ServiceTokensOptions): ServiceTokens => {
  const key = new TextEncoder().encode(secret);
  if (key.length < minSecretBytes) {
    throw new Error(
      `The secret of service tokens has ${key.length} bytes; it needs at least ${minSecretBytes}.`,
    );
  }
  const issued = new Map<string, Issued>();

  const issueNew = async (service: string): Promise<string> => {
    const issuedAt = Math.floor(clock.now() / 1000);
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: algorithm, typ: type })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(service)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetimeSeconds)
      .sign(key);
    if (issued.size >= maxServices) issued.clear();
    issued.set(service, { token, issuedAt });
    return token;
  };

  /** By the clock that others check it by: set forward or back, it makes a token of before worthless. */
  const isFresh = ({ issuedAt }: Issued): boolean => {
    const ageSeconds = clock.now() / 1000 - issuedAt;
    return ageSeconds >= 0 && ageSeconds < lifetimeSeconds / 2;
  };

  return {
    issue: (service) => {
      const last = issued.get(service);
      return last !== undefined && isFresh(last) ? last.token : issueNew(service);
    },
    verify: async (token) => {
      if (token.length > maxTokenLength) throw refused();
      try {
        const { payload, protectedHeader } = await jwtVerify(token, key, {
          algorithms: [algorithm],
          typ: type,
          issuer,
          audience,
          requiredClaims: ['sub', 'iat', 'exp'],
          currentDate: new Date(clock.now()),
          clockTolerance: leewaySeconds,
          maxTokenAge: lifetimeSeconds,
        });
        if (protectedHeader.crit !== undefined || !serviceName.test(payload.sub ?? '')) throw refused();
        return { kind: 'service', name: payload.sub as string };
      } catch (error) {
        throw refused(error);
      }
    },
  };
};

const refused = (cause?: unknown) =>
  authError('unauthenticated', {
    details: { reason: 'not a service token' },
    ...(cause === undefined ? {} : { cause }),
  });
