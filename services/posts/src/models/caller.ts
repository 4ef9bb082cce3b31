import type { Principal } from '@gatehouse/auth';

/** Who asks; undefined is someone who is not signed in. */
export type Caller = Principal | undefined;

export const isAdmin = (caller: Caller): boolean => caller?.role === 'admin';

export const isOwn = (authorId: string, caller: Caller): boolean => caller?.id === authorId;
