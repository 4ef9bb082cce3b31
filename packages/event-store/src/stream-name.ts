/** `<category>-<id>`: the category is what projections choose by, so it has no dash of its own. */
export type StreamName = `${string}-${string}`;

export const streamName = (category: string, id: string): StreamName => {
  if (!/^[a-z][a-z_]{0,62}$/.test(category)) throw new TypeError(`"${category}" is no category`);
  if (id === '' || id.length > 128) throw new TypeError('a stream needs an id of 1 to 128 characters');
  return `${category}-${id}`;
};

export const categoryOf = (stream: StreamName): string => stream.slice(0, stream.indexOf('-'));
