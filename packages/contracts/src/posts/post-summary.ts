import { z } from 'zod';
import { id, timestamp } from '../values.ts';

/** What others may keep of a post: enough for a list or a mail, without its content. */
export const postSummary = z.object({
  postId: id,
  authorId: id,
  slug: z.string(),
  title: z.string(),
  excerpt: z.string(),
  status: z.enum(['draft', 'published']),
  tags: z.array(z.string()).readonly(),
  publishedAt: timestamp.nullable(),
});
