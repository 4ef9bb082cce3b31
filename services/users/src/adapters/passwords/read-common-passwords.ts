import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommonPasswords } from '../../domain/password-policy.ts';

/** The lists beside this file, read once at start (37 KB). */
export const readCommonPasswords = (): CommonPasswords => ({
  passwords: readLines('common-passwords.txt'),
  words: readLines('common-words.txt'),
});

const readLines = (name: string): ReadonlySet<string> => {
  const lines = readFileSync(join(import.meta.dirname, name), 'utf8').split('\n');
  return new Set(lines.filter((line) => line !== '' && !line.startsWith('#')));
};
