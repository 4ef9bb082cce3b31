import { ok, type Route, route } from '@gatehouse/service-kit';
import type { TagsService } from '../services/tags-service.ts';
import { tagView } from './post-schemas.ts';

export const tagsController = ({ tags }: { tags: TagsService }): readonly Route[] => [
  route(
    'GET /api/tags',
    {
      auth: 'none',
      summary: 'Tags of published posts with how many have them, most used first, at most 1 000',
      tag: 'posts',
      responses: { 200: tagView.array() },
    },
    async () => ok(await tags.list()),
  ),
];
