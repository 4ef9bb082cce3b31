import { defineErrors } from '@gatehouse/errors';

/** What this package refuses with. All are decided here: none of them says anything about the called service. */
export const resilienceError = defineErrors({
  circuit_open: ['unavailable', 'The service is not answering well at the moment.'],
  overloaded: ['unavailable', 'There is more to do than can be done at the moment.'],
  deadline_exceeded: ['timeout', 'The time for this request is over.'],
});
