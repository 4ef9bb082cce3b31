const mask = '***';

/** Settings whose value nobody may see, by their name. */
const secretName = /secret|password|token|apikey|api_key|private/i;

/** A copy to be shown: secrets by their name, and user and password within URLs, are `***`. What is not set stays so. */
export const maskSecrets = (settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, maskOne(name, value)]));

const maskOne = (name: string, value: unknown): unknown => {
  if (value === undefined || value === null || typeof value === 'boolean') return value;
  if (secretName.test(name)) return mask;
  if (typeof value === 'string') return maskUrl(value);
  if (Array.isArray(value)) return value.map((each) => maskOne(name, each));
  return typeof value === 'object' ? maskSecrets(value as Readonly<Record<string, unknown>>) : value;
};

const maskUrl = (text: string): string => {
  const url = /:\/\//.test(text) ? URL.parse(text) : null;
  if (url === null) return text.replace(/(:\/\/)[^/@]*@/g, `$1${mask}@`);
  if (url.password !== '') url.password = mask;
  if (url.username !== '') url.username = mask;
  for (const name of [...url.searchParams.keys()]) {
    if (secretName.test(name)) url.searchParams.set(name, mask);
  }
  return url.href;
};
