import { z } from 'zod';

const pluginSettings = z
  .strictObject({
    enabled: z.boolean().default(true),
    config: z.record(z.string(), z.unknown()).default({}),
  })
  .prefault({});

/** The settings of this service: which plugins it has, and what goes over their default configuration. */
export const postsSettings = z
  .strictObject({ plugins: z.strictObject({ comments: pluginSettings }).prefault({}) })
  .prefault({});

export type PostsSettings = z.output<typeof postsSettings>;
