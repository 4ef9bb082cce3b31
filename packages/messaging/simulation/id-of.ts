const prefix = '01930000-0000-7000-8000-';

/** A number as a UUID, so that the contracts take it. */
export const idOf = (number: number): string => prefix + number.toString(16).padStart(12, '0');

export const numberOf = (id: string): number => Number.parseInt(id.slice(prefix.length), 16);
