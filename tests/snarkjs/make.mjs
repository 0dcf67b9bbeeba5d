// node make.mjs DIR PROOFS: the circuit of tiny.circom by circom2, a ceremony over 2^8 points that
// comes out the same every time (beacons, no contributions), and proofs by snarkjs.

import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {install, run} from '../npm.mjs';

const here = dirname(fileURLToPath(import.meta.url));
install(here);
const {getCurveFromName} = await import('ffjavascript');
const snarkjs = await import('snarkjs');

const [folder, proofs] = [process.argv[2], Number(process.argv[3])];
const at = name => join(folder, name);
mkdirSync(folder, {recursive: true});
const write = (name, value) => writeFileSync(at(name), JSON.stringify(value));

// Inputs of proof k: small ones and the extremes of what 96 bits and the field take.
const P = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
function inputs(k) {
  const secret = [0n, 1n, (1n << 96n) - 1n][k] ?? (BigInt(k) << 80n) + 12345678987654321n;
  return {secret, shown: [k === 1 ? P - 1n : BigInt(k) * 77n, k === 2 ? P - 1n : BigInt(k)]};
}

const compiled = run(process.execPath, [join(here, 'node_modules', 'circom2', 'cli.js'),
  'tiny.circom', '--r1cs', '--wasm', '-o', folder], {cwd: here, stdio: 'ignore'});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

const BEACON = '0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20';
const curve = await getCurveFromName('bn128');
await snarkjs.powersOfTau.newAccumulator(curve, 8, at('0.ptau'));
await snarkjs.powersOfTau.beacon(at('0.ptau'), at('1.ptau'), 'test', BEACON, 10);
await snarkjs.powersOfTau.preparePhase2(at('1.ptau'), at('2.ptau'));
// Nobody has contributed to the first key: its delta is gamma.
await snarkjs.zKey.newZKey(at('tiny.r1cs'), at('2.ptau'), at('forgeable.zkey'));
await snarkjs.zKey.beacon(at('forgeable.zkey'), at('tiny.zkey'), 'test', BEACON, 10);
for (const name of ['tiny', 'forgeable']) {
  write(`${name}.vk.json`, await snarkjs.zKey.exportVerificationKey(at(`${name}.zkey`)));
}

const wasm = readFileSync(at('tiny_js/tiny.wasm'));
for (let k = 0; k < proofs; k++) {
  await snarkjs.wtns.calculate(inputs(k), wasm, at(`${k}.wtns`));
  const {proof, publicSignals} = await snarkjs.groth16.prove(at('tiny.zkey'), at(`${k}.wtns`));
  write(`${k}.proof.json`, proof);
  write(`${k}.public.json`, publicSignals);
}
await curve.terminate();
process.exit(0);
