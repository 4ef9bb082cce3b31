import type { PostStatus } from './post.ts';

/** `publishedAt` takes a draft's creation in its place; `-` is newest first. */
export const postSorts = [
  '-createdAt',
  'createdAt',
  '-updatedAt',
  'updatedAt',
  '-publishedAt',
  'publishedAt',
] as const;

export type PostSort = (typeof postSorts)[number];

/** Which posts are asked for. `tagKeys` are what any one tag of a post has to equal; `words` is a search. */
export type PostFilter = Readonly<{
  status: PostStatus;
  authorId?: string | undefined;
  tagKeys?: readonly string[] | undefined;
  words?: string | undefined;
}>;

/** Where a page starts: after so many posts, or after the post at this place of the order. */
export type PostPlace = Readonly<{ at: string; id: string }>;
export type RankedPlace = PostPlace & Readonly<{ rank: number }>;
export type PageStart<Place> = Readonly<{ skip: number } | { after: Place }>;

/** One page; `next` is the place of its last post when there are more. */
export type PageOf<Item, Place> = Readonly<{ items: readonly Item[]; next: Place | undefined }>;

/** A count that stops at its bound. */
export type BoundedTotal = Readonly<{ total: number; totalIsCapped: boolean }>;
