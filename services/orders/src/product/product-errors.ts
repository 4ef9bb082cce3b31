import { defineErrors } from '@gatehouse/errors';

export const productError = defineErrors({
  not_found: ['not-found', 'There is no such product.'],
  sku_taken: ['conflict', 'Another product has this sku.'],
  precondition_failed: ['stale', 'The product has changed since the version that the condition names.'],
  validation_failed: ['invalid', 'The request does not fit.'],
});
