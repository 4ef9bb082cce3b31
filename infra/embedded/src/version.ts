import product from '../../../package.json' with { type: 'json' };

/** The version of the whole product: that of the repository's root. */
export const { version } = product;
