// Compiles the contracts with the pinned solc-js into out/<Contract>.json: abi, bytecode,
// deployedBytecode, size; .bin: the creation code; .code: what the code of a deployment has to be;
// creation.pack: the creation code of all that the program deploys.
// The same sources give the same bytes on every machine: no metadata hash, no path, no time goes
// in. `node build.mjs [--force]`; exit status 1 with one line when it fails.

import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {basename, dirname, join, posix} from 'node:path';
import {fileURLToPath} from 'node:url';
import {constants, deflateRawSync} from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const outDir = join(here, 'out');
const sources = ['Providers.sol', 'Vouchers.sol', 'DevStablecoin.sol', 'courts/Registry.sol',
  'courts/Languages.sol', 'courts/elements/GraphElements.sol',
  'courts/elements/language/LanguageElements.sol', 'courts/Court.sol', 'courts/Claims.sol',
  'courts/Disputes.sol', 'courts/Challenges.sol', 'courts/Contradictions.sol',
  'courts/Committee.sol'];
const nameOf = source => basename(source, '.sol');
const contracts = sources.map(nameOf);
// Those whose code a node compares with what it was built with.
const compared = contracts.filter(name => name !== 'DevStablecoin' && name !== 'Committee');
// Those that `deploy` creates: their creation code in one file, so that it compresses well.
const deployed = [...compared, 'DevStablecoin'];
const pack = 'creation.pack';
const products = [...contracts.map(name => `${name}.bin`), ...compared.map(name => `${name}.code`),
  pack];
const codeBytesMax = 24_576; // EIP-170

// Cancun is the newest version that every chain of interest has; the reentrancy lock needs its
// transient storage (EIP-1153). foundry.toml says the same.
// 800 runs: redemption costs the same as with more, and 3 kB of the code limit stay free.
const settings = {
  optimizer: {enabled: true, runs: 800},
  evmVersion: 'cancun',
  metadata: {appendCBOR: false, bytecodeHash: 'none'},
  outputSelection: {'*': {
    '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object',
      'evm.deployedBytecode.immutableReferences'],
    // The names of what immutableReferences gives numbers to.
    '': ['ast'],
  }},
};

function sourcePath(name) {
  return name.startsWith('@') ? join(here, 'node_modules', name) : join(here, name);
}

// Follows the imports, so that the compiler gets every source at once and none twice.
function readSources(names, sources = {}) {
  for (const name of names) {
    if (sources[name]) continue;
    const content = readFileSync(sourcePath(name), 'utf8');
    sources[name] = {content};
    const imports = [...content.matchAll(/^\s*import\s[^;]*?["']([^"']+)["']\s*;/gm)];
    readSources(imports.map(([, target]) =>
      target.startsWith('.') ? posix.join(posix.dirname(name), target) : target), sources);
  }
  return sources;
}

function fail(line) {
  console.error(line);
  process.exit(1);
}

// The name of every declaration, by the number that the compiler gave it.
function namesOf(sources) {
  const names = {};
  const visit = node => {
    if (node === null || typeof node !== 'object') return;
    if (node.nodeType === 'VariableDeclaration') names[node.id] = node.name;
    Object.values(node).forEach(visit);
  };
  Object.values(sources).forEach(({ast}) => visit(ast));
  return names;
}

// Three lines: the name, the bytes of the code, the keccak of the code as the compiler gives it,
// with zeros where a deployment has its immutables. Then a line for each of these: its name and
// where its 32 bytes stand in the code.
function codeOf(name, {object, immutableReferences}, names) {
  const {keccak256} = createRequire(createRequire(import.meta.url).resolve('solc'))('js-sha3');
  const places = Object.entries(immutableReferences).map(([id, found]) => {
    if (!names[id] || found.some(({length}) => length !== 32)) {
      fail(`contracts: an immutable of ${name} has no name, or is no word`);
    }
    return [names[id], ...found.map(({start}) => start).sort((a, b) => a - b)].join(' ');
  });
  const code = Buffer.from(object, 'hex');
  return [name, code.length, `0x${keccak256(code)}`, ...places.sort(), ''].join('\n');
}

// DEFLATE (RFC 1951) of: bytes of the name u8, the name, bytes of the code u32 big endian, the code.
function packOf(built) {
  const parts = built.filter(({contract}) => deployed.includes(contract))
    .flatMap(({contract, bytecode}) => {
      const code = Buffer.from(bytecode.slice(2), 'hex');
      const head = Buffer.alloc(1 + contract.length + 4);
      head.writeUInt8(contract.length);
      head.write(contract, 1, 'ascii');
      head.writeUInt32BE(code.length, 1 + contract.length);
      return [head, code];
    });
  return deflateRawSync(Buffer.concat(parts), {level: constants.Z_BEST_COMPRESSION});
}

function build() {
  if (!existsSync(join(here, 'node_modules', 'solc'))) {
    fail('contracts: node_modules is missing; run `npm ci` in src/contracts');
  }
  const input = {
    language: 'Solidity',
    sources: readSources(sources),
    settings,
  };
  const json = JSON.stringify(input);
  const stamp = createHash('sha256').update(json)
    .update(readFileSync(join(here, 'package-lock.json'))).digest('hex');
  const stampPath = join(outDir, 'stamp');
  const done = products.every(name => existsSync(join(outDir, name)));
  if (done && !process.argv.includes('--force') && existsSync(stampPath)
      && readFileSync(stampPath, 'utf8') === stamp) {
    return contracts.map(name => JSON.parse(readFileSync(join(outDir, `${name}.json`), 'utf8')));
  }

  const solc = createRequire(import.meta.url)('solc');
  const output = JSON.parse(solc.compile(json));
  // 2394 only says that transient storage exists; the lock it serves is cleared by the same call.
  const problems = (output.errors ?? []).filter(e => e.severity !== 'info'
    && !(e.errorCode === '2394' && e.sourceLocation.file.startsWith('@openzeppelin/')));
  if (problems.length > 0) {
    fail(problems.map(e => e.formattedMessage).join('\n'));
  }
  mkdirSync(outDir, {recursive: true});
  const built = sources.map(source => {
    const name = nameOf(source);
    const {abi, evm} = output.contracts[source][name];
    return {
      contract: name,
      abi,
      bytecode: `0x${evm.bytecode.object}`,
      deployedBytecode: `0x${evm.deployedBytecode.object}`,
      size: evm.deployedBytecode.object.length / 2,
    };
  });
  for (const artifact of built) {
    const code = Buffer.from(artifact.bytecode.slice(2), 'hex');
    writeFileSync(join(outDir, `${artifact.contract}.bin`), code);
    const path = join(outDir, `${artifact.contract}.json`);
    writeFileSync(path, `${JSON.stringify(artifact, null, 1)}\n`);
  }
  writeFileSync(join(outDir, pack), packOf(built));
  const names = namesOf(output.sources);
  for (const source of sources.filter(source => compared.includes(nameOf(source)))) {
    const name = nameOf(source);
    const {deployedBytecode} = output.contracts[source][name].evm;
    writeFileSync(join(outDir, `${name}.code`), codeOf(name, deployedBytecode, names));
  }
  writeFileSync(stampPath, stamp);
  return built;
}

for (const {contract, size} of build()) {
  console.log(`${contract.padEnd(14)} ${String(size).padStart(6)} of ${codeBytesMax} bytes`);
  if (size > codeBytesMax) fail(`contracts: ${contract} is larger than EIP-170 allows`);
}
