import { pageQuery } from '@gatehouse/service-kit';
import { z } from 'zod';

/** The longest comment that API.md allows; the configuration may allow less. */
export const longestComment = 5_000;

export const commentsConfig = z.strictObject({
  /** Characters (UTF-16 units). */
  maxLength: z.int().min(1).max(longestComment),
});

export type CommentsConfig = z.output<typeof commentsConfig>;

// What PostgreSQL keeps in a text: no NUL, no half of a surrogate pair.
const isStorable = (text: string) => text.isWellFormed() && !text.includes(String.fromCharCode(0));

const contentOf = ({ maxLength }: CommentsConfig) =>
  z
    .string()
    .min(1, { abort: true })
    .max(maxLength)
    .refine((text) => text.trim() !== '', 'More than blanks.')
    .refine(isStorable, 'Well-formed Unicode without NUL.');

export const newCommentOf = (config: CommentsConfig) =>
  z.strictObject({ postId: z.uuid().toLowerCase(), content: contentOf(config) });

export const commentChangesOf = (config: CommentsConfig) => z.strictObject({ content: contentOf(config) });

export const commentsQuery = z.strictObject({ ...pageQuery, postId: z.uuid().toLowerCase() });

export const commentCursor = z.strictObject({
  at: z.iso.datetime().refine((text) => /^(?!0000)/.test(text)),
  id: z.uuid(),
});

/** For the API reference. */
export const commentView = z.object({
  id: z.uuid(),
  postId: z.uuid(),
  author: z.object({
    id: z.uuid(),
    fullName: z.string().nullable().describe('null when the account is gone, or not known here yet.'),
  }),
  content: z.string(),
  status: z.enum(['pending', 'approved', 'rejected']),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
