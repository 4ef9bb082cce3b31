import { pageQuery } from '@gatehouse/service-kit';
import { z } from 'zod';
import { postSorts } from '../models/post-list.ts';

const tagsAtMost = 20;
const contentAtLeast = 10;

// PostgreSQL keeps neither a NUL nor half a surrogate pair, and no reader wants a control character in a line.
const line = (text: z.ZodString) =>
  text.refine(
    (given) => given.isWellFormed() && !/\p{Cc}/u.test(given),
    'One line, without control characters.',
  );
const isStorable = (text: string) => text.isWellFormed() && !text.includes(String.fromCharCode(0));

const title = line(z.string().trim().min(3).max(200));

const content = z
  .string()
  .min(contentAtLeast, { abort: true })
  .max(100_000)
  .refine(
    (text) => text.trim().length >= contentAtLeast,
    `At least ${contentAtLeast} characters beside blanks.`,
  )
  .refine(isStorable, 'Well-formed Unicode without NUL.');

const tag = line(z.string().trim().min(1).max(50)).refine(
  (text) => !text.includes(','),
  'A tag has no comma.',
);
const tags = z.array(tag).max(tagsAtMost);

const status = z.enum(['draft', 'published']);

export const newPost = z.strictObject({
  title,
  content,
  tags: tags.optional(),
  status: status
    .optional()
    .describe('`published` is for administrators, whose posts are published unless they say `draft`.'),
});

export const postChanges = z
  .strictObject({ title: title.optional(), content: content.optional(), tags: tags.optional() })
  .describe('What is left out stays as it is.');

export const postQuery = z
  .strictObject({
    ...pageQuery,
    status: status
      .optional()
      .describe('`published` unless given; drafts are one’s own, an administrator sees all.'),
    authorId: z.uuid().toLowerCase().optional(),
    tags: z
      .string()
      .max(1_100)
      .transform((text) => text.split(','))
      .pipe(tags)
      .optional()
      .describe('Separated by commas; posts that have any of them.'),
    q: line(z.string().trim().min(1).max(200)).optional().describe('Words, "a phrase", or, -without.'),
    sort: z
      .enum([...postSorts, 'relevance'])
      .optional()
      .describe('`relevance` with `q`, `-createdAt` without, unless given.'),
  })
  .refine(({ q, sort }) => sort !== 'relevance' || q !== undefined, {
    path: ['sort'],
    message: 'relevance needs q.',
  });

// A date that came back from a client may be any; PostgreSQL's calendar is smaller than ISO 8601's.
const time = z.iso.datetime().refine((text) => /^(?!0000)/.test(text));

/** The place after which a page goes on, in a list by time. The order is in it: another order is another list. */
export const timeCursor = z.strictObject({ sort: z.enum(postSorts), at: time, id: z.uuid() });

// PostgreSQL's `real`, which a rank is, knows no number as small as JSON does: the nearest one that it knows.
const rank = z.number().min(0).max(1_000).transform(Math.fround);

/** The same in a search by relevance. */
export const rankCursor = z.strictObject({ rank, at: time, id: z.uuid() });

export const postSlug = z.strictObject({ slug: z.string().min(1).max(200) });

/** For the API reference. */
export const excerptView = z.object({
  id: z.uuid(),
  slug: z.string(),
  title: z.string(),
  excerpt: z.string().max(200),
  status,
  tags: z.array(z.string()),
  publishedAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

export const fullView = excerptView.extend({
  content: z.string(),
  author: z.object({
    id: z.uuid(),
    fullName: z.string().nullable().describe('null when the account is gone, or not known here yet.'),
  }),
});

export const tagView = z.object({ tag: z.string(), count: z.int().min(1) });
