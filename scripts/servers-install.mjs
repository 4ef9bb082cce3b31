// `npm run servers:install`: RabbitMQ, Redis and Consul for the tests on real servers (built-ins only, any Node ≥ 18; Debian
// and Ubuntu). Whoever runs it again loses nothing: what is there stays. Our own servers are private ones with their own
// ports, folders and names, so the services that Debian would start beside them are kept off.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const consulFolder = join(root, 'node_modules', '.cache', 'gatehouse', 'servers', 'consul');
const consulProgram = join(consulFolder, 'usr', 'bin', 'consul');
const policyFile = '/usr/sbin/policy-rc.d';
/** The last Debian that has Consul. */
const consulSuite = 'bullseye';

const packages = [
  { name: 'rabbitmq-server', program: '/usr/lib/rabbitmq/bin/rabbitmq-server', unit: 'rabbitmq-server' },
  { name: 'redis-server', program: '/usr/bin/redis-server', unit: 'redis-server' },
];

const say = (line) => process.stdout.write(`${line}\n`);

const run = (command, args, { cwd, show = false } = {}) => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  const said = `${stdout ?? ''}${stderr ?? ''}`.trim();
  if (show && said !== '') say(said.split('\n').slice(-8).join('\n'));
  return { ok: status === 0, out: (stdout ?? '').trim(), said: error?.message ?? said };
};

const mustRun = (command, args, options) => {
  const done = run(command, args, options);
  if (!done.ok)
    throw new Error(`${command} ${args.join(' ')}\n${done.said.split('\n').slice(-12).join('\n')}`);
  return done;
};

const isOnPath = (program) =>
  (process.env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, program)));

const sayByHand = () => {
  say('This installer knows Debian and Ubuntu (apt). Here, install these yourself and put them on PATH:');
  say('  rabbitmq-server 3.10 or newer, redis-server 6 or newer, consul 1.8 or newer');
  say('  macOS: brew install rabbitmq redis hashicorp/tap/consul');
  say('Or start a Docker Engine: the tests then use the public images. PostgreSQL comes with npm.');
};

/** Debian starts a service as soon as it is installed, unless this file says no. One that is there stays as it is. */
const withoutServices = (work) => {
  const ours = !existsSync(policyFile);
  if (ours) {
    writeFileSync(policyFile, '#!/bin/sh\nexit 101\n');
    chmodSync(policyFile, 0o755);
  }
  try {
    work();
  } finally {
    if (ours) rmSync(policyFile, { force: true });
  }
};

const installPackages = () => {
  const missing = packages.filter(({ program }) => !existsSync(program));
  for (const { name, program } of packages)
    if (existsSync(program)) say(`${name}: there already (${program})`);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  if (process.getuid?.() !== 0) {
    throw new Error(
      `Only root may install packages. Run: sudo ${process.execPath} scripts/servers-install.mjs`,
    );
  }
  withoutServices(() => {
    mustRun('apt-get', ['update', '-q']);
    mustRun('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...names]);
  });
  for (const { name, program, unit } of missing) {
    // Not at the next boot either. Where systemd does not run, there is nothing that would start it.
    if (isOnPath('systemctl')) run('systemctl', ['disable', unit]);
    say(`${name}: installed (${program}); Debian's own service is off: the tests start private ones`);
  }
};

/** Debian's archive as this machine has it set up, whatever mirror that is. */
const debianMirrors = () => {
  const format = '$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(COMPONENT)';
  const targets = run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']).out.split(
    '\n',
  );
  const uris = targets
    .map((line) => line.split('|'))
    .filter(([, origin, label, part]) => origin === 'Debian' && label === 'Debian' && part === 'main');
  return [...new Set(uris.map(([uri]) => uri))];
};

/** A configuration of apt that knows one more suite and leaves the machine's own as it is. */
const privateApt = (folder, mirror) => {
  for (const part of ['lists/partial', 'archives/partial'])
    mkdirSync(join(folder, part), { recursive: true });
  const signedBy = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${signedBy}] ${mirror} ${consulSuite} main\n`);
  return [
    `Dir::Etc::sourcelist=${join(folder, 'sources.list')}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${join(folder, 'lists')}`,
    `Dir::Cache=${folder}`,
    `Dir::Cache::archives=${join(folder, 'archives')}`,
    'APT::Sandbox::User=root', // the folder is ours alone
  ].flatMap((option) => ['-o', option]);
};

const downloadConsul = (folder) => {
  if (run('apt-get', ['download', '-q', 'consul'], { cwd: folder }).ok) return "this machine's own suite";
  const said = [];
  for (const mirror of debianMirrors()) {
    const options = privateApt(folder, mirror);
    const update = run('apt-get', [...options, 'update', '-q']);
    const download = run('apt-get', [...options, 'download', '-q', 'consul'], { cwd: folder });
    if (download.ok) return `Debian ${consulSuite}`;
    said.push(update.said, download.said);
  }
  const advice =
    'Put a consul program (1.8 or newer, https://developer.hashicorp.com/consul/install) on PATH.';
  throw new Error(
    `apt has no package consul here. ${advice}\n${said.join('\n').split('\n').slice(-12).join('\n')}`,
  );
};

const installConsul = () => {
  if (existsSync(consulProgram)) return say(`consul: there already (${consulProgram})`);
  if (isOnPath('consul')) return say('consul: there already (on PATH)');
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-install-'));
  try {
    const origin = downloadConsul(folder);
    const file = readdirSync(folder).find((name) => name.startsWith('consul_') && name.endsWith('.deb'));
    if (file === undefined) throw new Error('apt-get download consul left no file');
    mkdirSync(dirname(consulFolder), { recursive: true });
    const half = `${consulFolder}.${process.pid}`;
    mustRun('dpkg', ['-x', join(folder, file), half]);
    rmSync(consulFolder, { recursive: true, force: true });
    renameSync(half, consulFolder);
    const [version] = mustRun(consulProgram, ['version']).out.split('\n');
    say(`consul: ${version} from ${origin}, unpacked (not installed) in ${consulFolder}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

if (process.platform !== 'linux' || !isOnPath('apt-get')) {
  sayByHand();
  process.exit(1);
}
let failed = false;
for (const step of [installPackages, installConsul]) {
  try {
    step();
  } catch (error) {
    failed = true;
    say(error.message);
  }
}
say(failed ? 'Not everything is there yet; see above.' : 'All there. Next: npm run test:servers');
process.exit(failed ? 1 : 0);
