/** A tag as it is compared: `Node.js` and `node.js` are one tag. */
export const tagKey = (tag: string): string => tag.normalize('NFKC').toLowerCase();

/** Tags as they are stored: trimmed, spelled as their author did, each once. */
export const uniqueTags = (tags: readonly string[]): readonly string[] => {
  const byKey = new Map<string, string>();
  for (const tag of tags.map((given) => given.trim().normalize('NFC'))) {
    if (!byKey.has(tagKey(tag))) byKey.set(tagKey(tag), tag);
  }
  return [...byKey.values()];
};
