import { hash } from 'node:crypto';

/** A script that Redis keeps by its hash: sent in full only when it has forgotten it. */
export type RedisScript = Readonly<{ text: string; sha1: string }>;

export const redisScript = (text: string): RedisScript => ({ text, sha1: hash('sha1', text) });
