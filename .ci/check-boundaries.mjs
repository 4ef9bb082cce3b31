// `turbo boundaries`, and proof that it looked: a checker that read nothing also finds nothing.
import { spawnSync } from 'node:child_process';

const { status, stdout, stderr } = spawnSync('npx', ['turbo', 'boundaries', '--no-color'], {
  encoding: 'utf8',
});
const output = `${stdout}${stderr}`;
console.log(output);
const [, files, packages] = /Checked (\d+) files? in (\d+) packages?/.exec(output) ?? [];
if (status !== 0) process.exit(status ?? 1);
if (!(Number(files) > 200) || !(Number(packages) > 12)) {
  console.error(
    `turbo boundaries saw ${files ?? 'no'} files in ${packages ?? 'no'} packages: that cannot be all.`,
  );
  process.exit(1);
}
