import { defineErrors } from '@gatehouse/errors';

/**
 * What the gateway itself refuses with. Codes are those of the public contract; where only HTTP has a word for it
 * (405, 413, 414, 431 …) `problem.ts` gives the status by code.
 */
export const gatewayError = defineErrors({
  malformed_request: ['malformed', 'The request is not well-formed.'],
  expectation_failed: ['malformed', 'Only the expectation 100-continue is known.'],
  method_not_allowed: ['malformed', 'This resource does not answer to that method.'],
  method_unknown: ['malformed', 'Nobody here knows that method.'],
  not_acceptable: ['malformed', 'None of the codings that the client takes can be had here.'],
  payload_too_large: ['malformed', 'The body is larger than this route takes.'],
  uri_too_long: ['malformed', 'The URL is longer than 8192 bytes.'],
  headers_too_large: ['malformed', 'The headers are more than 100 or larger than 16384 bytes.'],
  upgrade_required: ['malformed', 'Only version 13 of the WebSocket protocol is spoken here.'],
  request_timeout: ['malformed', 'The request did not arrive in time.'],
  unauthenticated: ['unauthenticated', 'Sign in to do this.'],
  forbidden: ['forbidden', 'You may not do this.'],
  not_found: ['not-found', 'There is nothing here.'],
  rate_limited: ['throttled', 'Too many requests.'],
  bad_gateway: ['unavailable', 'The service broke off its answer.'],
  service_unavailable: ['unavailable', 'The service cannot be reached at the moment.'],
  gateway_timeout: ['timeout', 'The service did not answer in time.'],
  overloaded: ['unavailable', 'There is more to do than can be done at the moment.'],
  config_invalid: ['invalid', 'The configuration has mistakes.'],
  breaker_unknown: ['not-found', 'There is no breaker of that name.'],
});
