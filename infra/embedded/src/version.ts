import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const product = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')) as {
  version: string;
};

/** The version of the whole product: that of the repository's root. */
export const { version } = product;
