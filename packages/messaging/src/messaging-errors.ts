import { defineErrors } from '@gatehouse/errors';

export const messagingError = defineErrors({
  event_invalid: ['internal', 'The data of an event does not fit its contract.'],
  event_too_large: ['internal', 'The data of an event is over 1 MiB.'],
  event_unreadable: ['malformed', 'The event cannot be read.'],
  event_unknown: ['malformed', 'Nobody here knows an event of this type.'],
  handler_timeout: ['timeout', 'The handler of an event took longer than 30 s.'],
  consumer_taken: ['internal', 'A consumer of this name is subscribed already.'],
  transport_away: ['unavailable', 'The events cannot be passed on at present.'],
  transport_blocked: ['unavailable', 'The broker takes no messages at present.'],
  transport_refused: ['internal', 'The broker refuses what the service needs of it.'],
  event_not_taken: ['unavailable', 'The broker did not take the event.'],
  publish_timeout: ['unavailable', 'The transport did not confirm in time.'],
  dead_letter_not_found: ['not-found', 'There is no such dead letter.'],
  dead_letter_settled: ['conflict', 'The dead letter was replayed or discarded already.'],
  dead_letter_unreadable: ['conflict', 'The dead letter is no event: it can only be discarded.'],
  dead_letter_consumer_gone: ['conflict', 'The consumer of this dead letter is not subscribed.'],
  not_idle: ['timeout', 'Messages were still moving after 30 s.'],
});
