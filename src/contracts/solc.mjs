#!/usr/bin/env node
// Stands in for the native compiler that forge expects: answers `--version`, feeds standard JSON
// from standard input to the pinned solc-js. Works offline.

import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';

const solc = createRequire(import.meta.url)('solc');

if (process.argv.includes('--version')) {
  console.log('solc, the solidity compiler commandline interface');
  console.log(`Version: ${solc.version().replace('.Emscripten.clang', '')}.Linux.g++`);
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')));
} else {
  console.error(`solc.mjs: only --version and --standard-json, not ${process.argv.slice(2)}`);
  process.exit(2);
}
