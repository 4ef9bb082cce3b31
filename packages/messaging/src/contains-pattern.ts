/** For `ilike`: contains `text` as it is, whatever characters are in it. */
export const containsPattern = (text: string): string => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
