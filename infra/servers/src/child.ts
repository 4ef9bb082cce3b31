// What every process of the product starts with: when the one that started it is gone, however that ended, it drains and ends.
import { pathToFileURL } from 'node:url';

process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
const [, , entry = ''] = process.argv;
// The program sees its own arguments, of which there are none.
process.argv.length = 2;
await import(pathToFileURL(entry).href);
