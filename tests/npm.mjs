// What the Node.js side of the tests shares: programs, and packages by their lock file.

import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Runs a program to its end, from the repository's root; one that does not start ends this one. */
export function run(file, args, options = {}) {
  const result = spawnSync(file, args, {
    cwd: root, stdio: 'inherit', maxBuffer: 1 << 28, ...options,
  });
  if (result.error) {
    console.error(`${file}: ${result.error.message}`);
    process.exit(1);
  }
  return result;
}

// What `npm ci` installed is recorded in node_modules; a newer lock file means: again.
function isInstalled(folder) {
  const installed = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const wanted = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(([path, {version, optional}]) =>
    path === '' || optional || present[path]?.version === version);
}

/** The packages of a folder's lock file, exactly. */
export function install(folder) {
  if (isInstalled(folder)) return;
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  if (run('npm', args, {cwd: folder}).status !== 0) process.exit(1);
}
