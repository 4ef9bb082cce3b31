import { vi } from 'vitest';

const timeout = 15_000;
const { waitFor } = vi;

/** Its own limit of a second is one for speed: on a busy machine what was waited for comes later, and is no less right. */
vi.waitFor = (callback, options = {}) =>
  waitFor(callback, typeof options === 'number' ? options : { timeout, ...options });
