import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** PATH, and where programs lie that only some accounts have on it. */
export const searchPath = (): string =>
  [process.env.PATH ?? '', '/usr/sbin', '/usr/bin', '/bin', '/opt/homebrew/sbin'].join(delimiter);

/** A program by its name or by its whole path. */
export const findOnPath = async (program: string): Promise<string | undefined> => {
  if (program.includes('/')) return (await isProgram(program)) ? program : undefined;
  for (const folder of searchPath().split(delimiter)) {
    const path = join(folder, program);
    if (folder !== '' && (await isProgram(path))) return path;
  }
  return undefined;
};

const isProgram = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
