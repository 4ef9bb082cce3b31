import type { TokenVerifier } from '@gatehouse/auth';
import type { Clock } from '@gatehouse/resilience';
import type { Tracing } from '@gatehouse/service-kit';
import { toResponse } from './answer-sink.ts';
import type { ApiKeys } from './auth/api-keys.ts';
import type { RouteAnswers } from './cache/route-answers.ts';
import { compressAnswers } from './compression/compress-answers.ts';
import type { Compressors } from './compression/compressors.ts';
import { placesOf, type RouteSettings } from './config/route-settings.ts';
import { nameLimit } from './limits/limit-headers.ts';
import type { GatewayMetrics } from './observe/gateway-metrics.ts';
import type { AddressLimit } from './policies/address-limit.ts';
import { admission } from './policies/admission.ts';
import { authenticate } from './policies/authenticate.ts';
import { authorise } from './policies/authorise.ts';
import { bodyLimit } from './policies/body-limit.ts';
import { breaker } from './policies/breaker.ts';
import { cors } from './policies/cors.ts';
import { deadline } from './policies/deadline.ts';
import { hashKeyOf } from './policies/hash-key.ts';
import { pickInstance } from './policies/pick-instance.ts';
import { rateLimit } from './policies/rate-limit.ts';
import { retry } from './policies/retry.ts';
import { rewrite } from './policies/rewrite.ts';
import { shareOut } from './policies/share-out.ts';
import { traceAttempts } from './policies/trace-attempts.ts';
import { type Attempt, compose, type Handler } from './policy.ts';
import { checkHandshake, checkOrigin, hearUpgrade } from './upgrade/hear-upgrade.ts';
import type { Upgrades } from './upgrade/upgrades.ts';
import { proxy } from './upstream/proxy.ts';
import type { TimeLimits } from './upstream/time-limits.ts';
import { ofVersion, type UpstreamService } from './upstream/upstream-service.ts';

export type PipelineDeps = Readonly<{
  /** By name; the one of the configuration that is being built. */
  serviceOf: (name: string) => UpstreamService;
  verifier: TokenVerifier;
  apiKeys?: ApiKeys | undefined;
  addressLimit: AddressLimit;
  rateLimitFactor: number;
  metrics: Pick<GatewayMetrics, 'limited' | 'stats'>;
  clock: Clock;
  /** One for all routes. */
  timeLimits: TimeLimits;
  upgrades: Upgrades;
  compressors: Compressors;
  answers: RouteAnswers;
  /** A write by this route may be to what another one keeps answers of. */
  forgets: boolean;
  random: () => number;
  tracing?: Tracing | undefined;
}>;

/**
 * One route, from the outside in, built once when the configuration is loaded. The order is the design, so it is written
 * down once, here. Before it, for every request (`front-door.ts`): trace, problems, message and path safety, address limit.
 */
export const pipelineFor = (route: RouteSettings, deps: PipelineDeps): Handler => {
  const { clock, random, metrics, addressLimit } = deps;
  const limit = nameLimit(
    route.rateLimit.name,
    { limit: route.rateLimit.limit, windowMs: route.rateLimit.window },
    deps.rateLimitFactor,
  );

  const around = compose(
    cors(route.cors, route.methods.join(', ')), // before authentication: a preflight carries none
    compressAnswers(route.compression, { compressors: deps.compressors, toResponse }), // outermost of what changes answers
    authenticate(route, deps),
    authorise(route),
    rateLimit(limit, route.rateLimit, { addressLimit, onRefusal: metrics.limited }), // after: callers count by principal
    bodyLimit(route.bodyLimitBytes),
    deadline(route.timeoutMs, clock), // one limit for all tries together
    rewrite(route),
  );
  const retries = {
    attempts: route.retryAttempts,
    idempotencyKeys: route.idempotencyKeys,
    waits: route.waits,
  };
  const choice = { keyOf: route.hash && hashKeyOf(route.hash) };
  const places = placesOf(route).map(({ service, version }) => ofVersion(deps.serviceOf(service), version));
  const traced = traceAttempts(deps.tracing);
  /** The breaker is innermost: each try is one sample. */
  const triedAt = (service: UpstreamService, forward: Attempt): Handler => {
    const admitted = admission(route, service); // after authentication: who calls decides; at the tries, which it counts
    const again = retry(retries, { service, clock, random });
    return admitted(again(pickInstance(service, choice)(breaker(service.breaker)(traced(forward)))));
  };
  /** All tries of a request are made at one place. */
  const tried = (forward: Attempt): Handler =>
    shareOut(
      route.split,
      places.map((service) => triedAt(service, forward)),
      random,
    );

  const forward = proxy({
    tryTimeoutMs: route.tryTimeoutMs,
    clock,
    limits: deps.timeLimits,
  });
  const { fallback } = route;
  const spare = fallback?.kind === 'service' ? triedAt(deps.serviceOf(fallback.service), forward) : undefined;
  const instead = deps.answers.policyFor(route, { forgets: deps.forgets, spare }); // what may do without the service
  const inHttp = around(instead(tried(forward)));
  if (!route.upgrade) return inHttp;

  const { upgrades } = deps;
  const aroundUpgrade = compose(
    checkHandshake,
    checkOrigin(route.cors), // in the place of CORS, which browsers do not ask about here
    authenticate(route, deps),
    authorise(route),
    rateLimit(limit, route.rateLimit, { addressLimit, onRefusal: metrics.limited }),
    upgrades.takeSeat,
    deadline(route.timeoutMs, clock), // to the answer: an open connection has none
    rewrite(route),
  );
  const carry = upgrades.carry(route);
  return hearUpgrade(aroundUpgrade(tried(carry)), inHttp);
};
