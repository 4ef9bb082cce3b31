const longestName = 100;

export const normaliseName = (text: string): string => text.normalize('NFC').trim().replaceAll(/\s+/gu, ' ');

/**
 * What is wrong with a normalised part of a name, or undefined. Any script is fine; control, bidirectional and line
 * characters are not, nor `<` and `>`, since a name ends up in mails, pages and logs.
 */
export const nameFault = (name: string): string | undefined => {
  if (name === '') return 'A name is needed.';
  if (name.length > longestName) return `At most ${longestName} characters.`;
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}<>]/u.test(name) ? 'Characters that no name has.' : undefined;
};

export const fullNameOf = (person: Readonly<{ firstName: string; lastName: string }>): string =>
  `${person.firstName} ${person.lastName}`;
