import { defineErrors } from '@gatehouse/errors';

/** What this package refuses with. A service's own refusals keep their code (see `toServiceError`). */
export const registryError = defineErrors({
  invalid_instance: ['invalid', 'An instance needs an id, a service name, an IP address and a port.'],
  service_unavailable: ['unavailable', 'The service cannot be reached at the moment.'],
  gateway_timeout: ['timeout', 'The service did not answer in time.'],
  registry_unavailable: ['unavailable', 'The registry cannot be reached at the moment.'],
  registry_refused: ['internal', 'The registry refused a request of ours.'],
  too_many_watches: ['internal', 'More services are watched than the registry has connections for.'],
  bad_service_answer: ['unavailable', 'The service gave an answer that cannot be used.'],
});
