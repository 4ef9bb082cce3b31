import type { TagCount, TagsRepository } from '../repositories/tags-repository.ts';

export const createTagsService = ({ tags }: { tags: TagsRepository }) => ({
  /** Tags of published posts with how many have them, most used first, at most 1 000. */
  list(): Promise<readonly TagCount[]> {
    return tags.list();
  },
});

export type TagsService = ReturnType<typeof createTagsService>;
