// What the start as separate processes has in common with the one as a single process.
export { environment } from './config.ts';
export { requireFreePort } from './free-port.ts';
export { openRollingLog } from './log.ts';
export { openSecrets } from './secrets.ts';
export { version } from './version.ts';
