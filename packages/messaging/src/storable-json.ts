/** What `JSON.stringify` writes for the characters that jsonb refuses: NUL and halves of surrogate pairs. */
const suspicious = /\\u(?:0000|d[89a-f])/i;

/**
 * JSON that PostgreSQL takes as jsonb: NUL and lone surrogates, which it refuses, become U+FFFD. One odd character must
 * not make a message that can never be stored.
 */
export const toStorableJson = (value: unknown): string => {
  const json = JSON.stringify(value) ?? 'null';
  return suspicious.test(json) ? JSON.stringify(clean(value)) : json;
};

/** The same for plain text. */
export const toStorableText = (text: string): string => text.replaceAll('\u0000', '\uFFFD').toWellFormed();

const clean = (value: unknown): unknown => {
  if (typeof value === 'string') return toStorableText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [clean(key), clean(part)]));
};
