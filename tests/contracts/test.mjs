// Builds the contracts and runs their forge tests.
// `node tests/contracts/test.mjs [--profile fast|default|intense] [--snapshots] [forge arguments]`
// The last line is `N passed, N failed, N skipped`; exit status 0 when nothing failed.

import {randomBytes} from 'node:crypto';
import {existsSync, readFileSync, readdirSync, rmSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {install, run} from '../npm.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const contracts = join(root, 'src', 'contracts');
const profiles = ['fast', 'default', 'intense'];

const args = process.argv.slice(2);
let profile = 'default';
let check = true;
const forgeArgs = [];
while (args.length > 0) {
  const arg = args.shift();
  if (arg === '--profile') profile = args.shift();
  else if (arg === '--snapshots') check = false;
  else forgeArgs.push(arg);
}
if (!profiles.includes(profile)) {
  console.error(`test.mjs: --profile is one of ${profiles.join(', ')}`);
  process.exit(2);
}

function forgePath() {
  const machine = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const forge = join(contracts, 'node_modules', '@foundry-rs', `forge-${machine}`, 'bin', 'forge');
  if (existsSync(forge)) return forge;
  console.error(`test.mjs: no forge for ${machine}; package.json pins the linux-amd64 build`);
  process.exit(1);
}

install(contracts);
if (run(process.execPath, [join(contracts, 'build.mjs')]).status !== 0) process.exit(1);

// The other profiles have a fixed seed, so that a red run is red for everybody.
if (profile === 'intense' && !forgeArgs.includes('--fuzz-seed')) {
  const seed = `0x${randomBytes(8).toString('hex')}`;
  console.log(`SEED=${seed}`);
  forgeArgs.push('--fuzz-seed', seed);
}

// What the invariants' handlers did, all runs together: a file for each, a line for each run.
const cache = join(contracts, 'cache');
const didFiles = () => existsSync(cache)
  ? readdirSync(cache).filter(name => /^did-\w+\.txt$/.test(name)).map(name => join(cache, name))
  : [];

// An action that never did anything in a whole campaign tests nothing: false.
function sayWhatWasDone() {
  let isDone = true;
  for (const file of didFiles()) {
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const sums = new Map();
    for (const [, action, times] of lines.join(' ').matchAll(/(\w+)=(\d+)/g)) {
      sums.set(action, (sums.get(action) ?? 0) + Number(times));
    }
    console.log(`${basename(file, '.txt')}, ${lines.length} runs: ${
      [...sums].map(([action, times]) => `${action} ${times}`).join(', ')}`);
    isDone &&= [...sums.values()].every(times => times > 0);
  }
  return isDone;
}

didFiles().forEach(file => rmSync(file));
const forge = run(forgePath(), ['test', '--root', '.', ...forgeArgs], {
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
  env: {
    ...process.env,
    FOUNDRY_CONFIG: 'src/contracts/foundry.toml',
    FOUNDRY_PROFILE: profile,
    FORGE_SNAPSHOT_CHECK: String(check),
  },
});
process.stdout.write(forge.stdout);
const total = /(\d+) tests passed, (\d+) failed, (\d+) skipped/.exec(
  forge.stdout.slice(forge.stdout.lastIndexOf('Ran ')));
if (total === null) {
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}
// The short campaigns of the other profiles need not reach what is rare.
const isIdle = !sayWhatWasDone() && profile === 'intense';
if (isIdle) console.log('an action of the invariants did nothing: counted as one failure');
const failed = Number(total[2]) + (isIdle ? 1 : 0);
console.log(`${total[1]} passed, ${failed} failed, ${total[3]} skipped`);
process.exit(forge.status === 0 && !isIdle ? 0 : 1);
