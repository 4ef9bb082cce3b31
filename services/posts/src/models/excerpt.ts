const excerptLength = 200;

/**
 * The first words of a text in one line of at most 200 characters (UTF-16 units), cut at a word and marked with `…`
 * when there is more. A first word longer than that is cut between two characters.
 */
export const excerptOf = (content: string): string => {
  const line = content.replace(/\s+/gu, ' ').trim();
  if (line.length <= excerptLength) return line;

  const room = excerptLength - 1;
  const lastSpace = line.lastIndexOf(' ', room);
  const cut = lastSpace > 0 ? line.slice(0, lastSpace) : withoutHalfCharacter(line.slice(0, room));
  return `${cut}…`;
};

const withoutHalfCharacter = (text: string): string => text.replace(/[\uD800-\uDBFF]$/u, '');
