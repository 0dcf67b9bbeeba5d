// A copy of the contracts with one rule taken out at a time. Compiles only what carries the rule,
// in this process, and puts the code in place of what forge has compiled: most of a mutant's time
// would be the compiler's otherwise.

import {spawnSync} from 'node:child_process';
import {cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync,
  writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {dirname, join, posix, relative} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const modules = join(root, 'src', 'contracts', 'node_modules');
const machine = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
const forge = join(modules, '@foundry-rs', `forge-${machine}`, 'bin', 'forge');
// Those of foundry.toml: what is tested is the code that is shipped, less a rule.
const settings = {
  optimizer: {enabled: true, runs: 800},
  evmVersion: 'cancun',
  metadata: {appendCBOR: false, bytecodeHash: 'none'},
};

function solidityFiles(folder) {
  return readdirSync(folder, {recursive: true})
    .filter(path => path.endsWith('.sol') && !/^(node_modules|cache|out)\//.test(path))
    .map(path => join(folder, path));
}

/** The workbench: one copy, compiled once, in which `run` takes out rule after rule. */
export class Mutants {
  #work = mkdtempSync(join(tmpdir(), 'controls-'));
  #solc = createRequire(join(modules, 'solc', 'index.js'))('./index.js');
  /** Source text by the name that the compiler knows it by. */
  #texts = new Map();
  /** Where forge keeps the code of each contract: by source, then by contract. */
  #artifacts = new Map();
  /** Sources of the contracts that tests deploy by name. */
  #deployed = new Set();

  constructor() {
    const out = join(this.#work, 'src', 'contracts');
    cpSync(join(root, 'src', 'contracts'), out, {
      recursive: true, filter: path => path !== modules,
    });
    symlinkSync(modules, join(out, 'node_modules'));
    for (const folder of ['contracts', 'vectors']) {
      cpSync(join(root, 'tests', folder), join(this.#work, 'tests', folder), {recursive: true});
    }
    for (const [folder, name] of [[out, 'contracts'], [join(this.#work, 'tests'), 'tests']]) {
      for (const path of solidityFiles(folder)) {
        this.#texts.set(posix.join(name, relative(folder, path)), readFileSync(path, 'utf8'));
      }
    }
    this.#compileAll();
    const names = [...this.#texts.values()].flatMap(
      text => [...text.matchAll(/deployCode\(\s*"(\w+\.sol):/g)].map(([, file]) => file));
    for (const source of this.#artifacts.keys()) {
      if (names.includes(posix.basename(source))) this.#deployed.add(source);
    }
  }

  /** Removes the copy. */
  close() {
    rmSync(this.#work, {recursive: true, force: true});
  }

  /** Text of a file below src/contracts. */
  text(file) {
    return this.#texts.get(`contracts/${file}`);
  }

  /** Test functions that a pattern names, over all files: [source, name]. */
  testsOf(pattern) {
    const name = new RegExp(`^(${pattern})$`);
    return [...this.#texts].filter(([source]) => source.endsWith('.t.sol')).flatMap(
      ([source, text]) => [...text.matchAll(/\bfunction ((?:test|invariant)\w*)\(/g)]
        .filter(([, found]) => name.test(found)).map(([, found]) => [source, found]));
  }

  /**
   * Runs the tests of a pattern against the contracts as they are.
   * @return {{passed: number, failed: number, text: string}}
   */
  test(pattern) {
    const folder = join(this.#work, 'src', 'contracts', 'cache');
    for (const kind of ['fuzz', 'invariant', 'test-failures']) {
      rmSync(join(folder, kind), {recursive: true, force: true});
    }
    const {stdout, stderr} = this.#forge('test', '--match-test', `^(${pattern})\\(`);
    const total = /(\d+) tests? passed, (\d+) failed/.exec(
      stdout.slice(Math.max(0, stdout.lastIndexOf('Ran '))));
    if (total === null) throw new Error(`forge says nothing of ${pattern}: ${stdout}${stderr}`);
    if (/^Compiling /m.test(stdout)) throw new Error('forge compiled the mutant away');
    return {passed: Number(total[1]), failed: Number(total[2]), text: stdout};
  }

  /**
   * Runs the tests of a pattern against the contracts with another text in a file.
   * @return what `test` says, or null where the text does not compile or changes no code
   */
  run(file, text, pattern) {
    const changed = `contracts/${file}`;
    const wanted = new Set(this.testsOf(pattern).map(([source]) => source));
    const carriers = [...this.#deployed, ...wanted].filter(s => this.#carries(s, changed));
    const code = this.#compile(carriers, new Map(this.#texts).set(changed, text));
    if (code === null) return null;
    const restore = this.#replace(carriers, code);
    try {
      return restore.length === 0 ? null : this.test(pattern);
    } finally {
      for (const [path, content] of restore) writeFileSync(path, content);
    }
  }

  #forge(...args) {
    const {FOUNDRY_PROFILE: profile = 'default'} = process.env;
    return spawnSync(forge, [...args, '--root', '.'], {
      cwd: this.#work,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env: {
        ...process.env, FOUNDRY_CONFIG: 'src/contracts/foundry.toml', FOUNDRY_PROFILE: profile,
      },
    });
  }

  // Everything once by forge itself, whose cache of an earlier run was copied too.
  #compileAll() {
    const built = this.#forge('build');
    const cache = join(this.#work, 'src', 'contracts', 'cache');
    const list = join(cache, 'solidity-files-cache.json');
    if (built.status !== 0 || !existsSync(list)) throw new Error(built.stdout + built.stderr);
    for (const [path, {artifacts}] of Object.entries(JSON.parse(readFileSync(list)).files)) {
      const source = path.replace(/^src\/contracts\//, 'contracts/');
      this.#artifacts.set(source, Object.fromEntries(Object.entries(artifacts).map(
        ([contract, versions]) =>
          [contract, join(cache, 'out', Object.values(Object.values(versions)[0])[0].path)])));
    }
  }

  #imports(source) {
    return [...this.#texts.get(source).matchAll(/^\s*import\s[^;]*?["']([^"']+)["']\s*;/gm)]
      .map(([, to]) => to.startsWith('.') ? posix.join(posix.dirname(source), to) : to);
  }

  // Whether a contract's own code may hold code of a file. What tests deploy by name is called, and
  // is no part of theirs.
  #carries(source, file, seen = new Set()) {
    if (source === file) return true;
    seen.add(source);
    return this.#texts.has(source) && this.#imports(source).some(next =>
      !seen.has(next) && (next === file || !this.#deployed.has(next))
        && this.#carries(next, file, seen));
  }

  // The code of all contracts in some sources, from texts; null where it does not compile.
  #compile(carriers, texts) {
    const sources = {};
    const take = source => {
      if (sources[source]) return;
      const path = join(modules, source);
      const content = texts.get(source) ?? readFileSync(path, 'utf8');
      sources[source] = {content};
      for (const [, to] of content.matchAll(/^\s*import\s[^;]*?["']([^"']+)["']\s*;/gm)) {
        take(to.startsWith('.') ? posix.join(posix.dirname(source), to) : to);
      }
    };
    carriers.forEach(take);
    const outputSelection = Object.fromEntries(carriers.map(
      s => [s, {'*': ['evm.bytecode.object', 'evm.deployedBytecode.object']}]));
    const output = JSON.parse(this.#solc.compile(JSON.stringify({
      language: 'Solidity', sources, settings: {...settings, outputSelection},
    })));
    return output.errors?.some(e => e.severity === 'error') ? null : output.contracts;
  }

  // Puts code in place; what was there before, of those that changed.
  #replace(carriers, code) {
    const before = [];
    for (const source of carriers) {
      for (const [contract, path] of Object.entries(this.#artifacts.get(source) ?? {})) {
        const {evm} = code[source][contract];
        const content = readFileSync(path, 'utf8');
        const artifact = JSON.parse(content);
        const bytecode = `0x${evm.bytecode.object}`;
        if (artifact.bytecode.object === bytecode) continue;
        artifact.bytecode.object = bytecode;
        artifact.deployedBytecode.object = `0x${evm.deployedBytecode.object}`;
        before.push([path, content]);
        writeFileSync(path, JSON.stringify(artifact));
      }
    }
    return before;
  }
}
