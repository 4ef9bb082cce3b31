const shortestPassword = 12;
/** Longer ones are refused before they are hashed: a bound on the work that a stranger can ask for. */
export const longestPassword = 128;

/** Whose password it is: nobody's own name is a good one. */
type PasswordOwner = Readonly<{ email: string; firstName: string; lastName: string }>;

export type CommonPasswords = Readonly<{
  /** Whole passwords of 12 characters and more, lower case. */
  passwords: ReadonlySet<string>;
  /** Shorter ones of letters alone, lower case, which people lengthen by digits and signs. */
  words: ReadonlySet<string>;
}>;

/** What is wrong with a password, or undefined. */
export type PasswordPolicy = (password: string, owner: PasswordOwner) => string | undefined;

/** As it is hashed and compared: one form for what keyboards write in several (NIST SP 800-63B §3.1.1.2). */
export const normalisePassword = (text: string): string => text.normalize('NFKC');

/**
 * Length, and not being guessed first; no rules about kinds of characters (NIST SP 800-63B). Refused are the passwords
 * of breaches, a common word with digits and signs around it, one piece said again and again, runs along the
 * alphabet, the digits or a keyboard, too few different characters, and the owner's own address and name.
 */
export const createPasswordPolicy =
  ({ passwords, words }: CommonPasswords): PasswordPolicy =>
  (text, owner) => {
    const password = normalisePassword(text);
    if (password.length < shortestPassword) return `At least ${shortestPassword} characters.`;
    if (password.length > longestPassword) return `At most ${longestPassword} characters.`;

    const lower = password.toLowerCase();
    if (containsOwner(lower, owner)) return 'Contains your address or name.';
    const guessable =
      passwords.has(lower) ||
      passwords.has(plain(lower)) ||
      isPaddedWord(lower, words) ||
      isRepetition(lower) ||
      isRun(lower) ||
      new Set(lower).size < 5;
    return guessable ? 'Too easy to guess: commonly used, or a simple pattern.' : undefined;
  };

const containsOwner = (lower: string, owner: PasswordOwner): boolean => {
  const [localPart = '', domain = ''] = owner.email.toLowerCase().split('@');
  const provider = domain.split('.')[0] ?? '';
  const parts = [localPart, provider, owner.firstName.toLowerCase(), owner.lastName.toLowerCase()];
  // Short parts turn up by chance; a long passphrase that happens to hold one is still a good one.
  return parts.some((part) => part.length >= 4 && lower.includes(part) && lower.length - part.length < 8);
};

const swaps: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** Without the usual disguises: `p@ssw0rd` is `password`. */
const plain = (lower: string): string => lower.replaceAll(/[013457@$!]/g, (sign) => swaps[sign] ?? sign);

/** `password2024!`, `!!dragon123456`, `P@ssw0rd1234`: a common word and at most 8 digits and signs, or two such words. */
const isPaddedWord = (lower: string, words: ReadonlySet<string>): boolean =>
  [lower, plain(lower)].some((form) => {
    const cores = [form, lower.replace(/[^a-z]{1,8}$/, ''), lower.replace(/^[^a-z]{1,8}/, '')].map((core) =>
      plain(core),
    );
    return [form.replaceAll(/^[^a-z]+|[^a-z]+$/g, ''), ...cores].some(
      (core) => form.length - core.length <= 8 && (words.has(core) || isTwoWords(core, words)),
    );
  });

const isTwoWords = (core: string, words: ReadonlySet<string>): boolean => {
  const half = core.length / 2;
  return Number.isInteger(half) && core.slice(0, half) === core.slice(half) && words.has(core.slice(0, half));
};

/** `abcabcabcabc`: one piece of at most a third of the whole, again and again. */
const isRepetition = (lower: string): boolean => {
  for (let size = 1; size <= Math.min(8, lower.length / 3); size += 1) {
    if (
      lower ===
      lower
        .slice(0, size)
        .repeat(Math.ceil(lower.length / size))
        .slice(0, lower.length)
    )
      return true;
  }
  return false;
};

const rows = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'azertyuiop',
];
const steps = new Set(
  rows
    .flatMap((row) => [row, [...row].reverse().join('')])
    .flatMap((row) => [...row].slice(1).map((next, at) => row[at] + next)),
);

/** `abcdefghijkl`, `9876543210qwerty`: neighbours on the alphabet, the digits or a keyboard, with few leaps. */
const isRun = (lower: string): boolean => {
  const pairs = [...lower].slice(1).map((next, at) => lower[at] + next);
  const leaps = pairs.filter((pair) => !steps.has(pair) && pair[0] !== pair[1]).length;
  return leaps <= lower.length / 5;
};
