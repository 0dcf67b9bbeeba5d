// Installs the pinned packages and compiles the client to out/.

import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {install, run} from '../npm.mjs';

const here = dirname(fileURLToPath(import.meta.url));
install(here);
process.exit(run(process.execPath, [
  join(here, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', here]).status ?? 1);
