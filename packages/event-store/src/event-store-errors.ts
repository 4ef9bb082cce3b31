import { defineErrors } from '@gatehouse/errors';

/** `expected` and `actual` versions are in the details of the first two. */
export const eventStoreError = defineErrors({
  version_conflict: ['conflict', 'It was changed by someone else at the same moment.'],
  precondition_failed: ['stale', 'It has changed since the version that the condition names.'],
  timeline_changed: [
    'internal',
    'The checkpoint was written in another database cluster; its positions mean nothing here.',
  ],
});
