import { join } from 'node:path';

/** Settings of a product whose processes all preload this file, and find its orders in that folder. */
export const preloaded = (file: string, folder: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import ${join(import.meta.dirname, 'children.ts')}`,
  CHAOS_PRELOAD: file,
  CHAOS_HOOKS: folder,
});
