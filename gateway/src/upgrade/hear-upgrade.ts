import { parseBearer } from '@gatehouse/auth';
import type { CorsConfig } from '../config/gateway-config.ts';
import type { Exchange } from '../exchange.ts';
import { gatewayError } from '../gateway-error.ts';
import type { Handler, Policy } from '../policy.ts';
import { readHandshake } from './handshake.ts';
import { UpgradeResponse } from './upgrade-response.ts';
import type { UpgradeSeats } from './upgrade-seats.ts';

/** Where a route takes upgrades: requests that wish for one go another way than the rest. */
export const hearUpgrade = (upgrade: Handler, plain: Handler): Handler =>
  function chooseProtocol(exchange) {
    return exchange.response instanceof UpgradeResponse ? upgrade(exchange) : plain(exchange);
  };

/**
 * Refuses what is no handshake, and takes the token of a page, who cannot send a header, over as what it is: the
 * service gets it as `Authorization`, beside the subprotocols as they came. Two that differ are refused, or gateway and
 * service might think of two callers.
 */
export const checkHandshake: Policy = (next) =>
  function readWish(exchange) {
    const { token } = readHandshake(exchange.request);
    const { authorization } = exchange.message;
    if (token === undefined) return next(exchange);
    if (authorization === undefined) {
      const bearer = `Bearer ${token}`;
      exchange.message.passing.push('authorization', bearer);
      exchange.message = { ...exchange.message, authorization: bearer };
    } else if (parseBearer(authorization) !== token) {
      throw gatewayError('malformed_request', { message: 'There are two different tokens.' });
    }
    return next(exchange);
  };

/**
 * A browser opens a WebSocket for any page, whatever its origin, and sends its cookies along: there is no preflight. So
 * where a route says which origins may call it, others are refused here; its own pages and programs (no Origin) pass.
 */
export const checkOrigin =
  (cors: CorsConfig | undefined): Policy =>
  (next) => {
    if (cors === undefined) return next;
    const origins = new Set(cors.origins);

    return function refuseForeignPages(exchange) {
      const { origin } = exchange.message;
      if (origin !== undefined && !origins.has(origin) && origin !== ownOrigin(exchange)) {
        throw gatewayError('forbidden', { message: 'Pages of this origin may not connect here.' });
      }
      return next(exchange);
    };
  };

const ownOrigin = ({ client, message }: Exchange): string =>
  `${client.protocol}://${client.forwardedHost ?? message.host}`;

/** The last question before the service is asked: whether there is a place. It is held until the connection ends. */
export const takeSeat =
  (seats: UpgradeSeats): Policy =>
  (next) =>
    function findSeat(exchange) {
      const { principal, client, response } = exchange;
      const leave = seats.take(principal === undefined ? `ip:${client.group}` : `user:${principal.id}`);
      (response as UpgradeResponse).onConnectionClosed(leave);
      return next(exchange);
    };
