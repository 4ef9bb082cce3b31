import type { User } from '../../domain/user.ts';
import type { Mail } from '../ports.ts';
import { composeMail } from './mail.ts';

type Comment = Readonly<{ postId: string; status: 'pending' | 'approved'; excerpt: string }>;

export const commentMail = (user: User, comment: Comment, publicUrl: string): Mail =>
  composeMail(user.email, 'A new comment on your post', [
    `Hello ${user.firstName},`,
    comment.status === 'pending'
      ? 'a comment on your post waits for your approval:'
      : 'there is a new comment on your post:',
    comment.excerpt,
    { label: 'Your post', link: `${publicUrl}/api/posts/${comment.postId}` },
  ]);
