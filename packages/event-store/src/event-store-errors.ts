import { defineErrors } from '@gatehouse/errors';

/** `expected` and `actual` versions are in the details of the first two. */
export const eventStoreError = defineErrors({
  version_conflict: ['conflict', 'It was changed by someone else at the same moment.'],
  precondition_failed: ['stale', 'It has changed since the version that the condition names.'],
  unknown_event_type: ['internal', 'An event is of a type that this version of the service does not know.'],
  projection_not_found: ['not-found', 'There is no such projection, or no such event parked by it.'],
  rebuild_running: ['conflict', 'The projection is being rebuilt: wait for it, or give it up first.'],
  no_former_version: ['conflict', 'There is no former version of the read model to go back to.'],
  read_model_reshaped: [
    'conflict',
    'The tables of that version have another shape than those of today: rebuild from the first event.',
  ],
  timeline_changed: [
    'internal',
    'The checkpoint was written in another database cluster; its positions mean nothing here.',
  ],
});
