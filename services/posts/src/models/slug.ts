const maxLength = 80;
const numberedCandidates = 5;

// What Unicode does not take apart by itself.
const spelledOut: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  ø: 'o',
  œ: 'oe',
  đ: 'd',
  ł: 'l',
  þ: 'th',
};

/** A title as part of an address: lower case, accents taken off, words joined by `-`, letters of any script, at most 80. */
export const slugOf = (title: string): string => {
  const slug = title
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[ßæøœđłþ]/gu, (letter) => spelledOut[letter] ?? letter)
    .replace(/['’]/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, '-');
  return trimmed([...slug.normalize('NFC')].slice(0, maxLength).join('')) || 'post';
};

/**
 * The slugs to try for a post, in order and bounded: the plain one, then numbered ones, then one that ends like the
 * post's own id and so is as good as free.
 */
export const slugCandidates = (title: string, postId: string): readonly string[] => {
  const slug = slugOf(title);
  const numbered = Array.from({ length: numberedCandidates - 1 }, (_, index) => `${slug}-${index + 2}`);
  return [slug, ...numbered, `${slug}-${postId.slice(-12)}`];
};

const trimmed = (slug: string): string => slug.replace(/^-+|-+$/gu, '');
