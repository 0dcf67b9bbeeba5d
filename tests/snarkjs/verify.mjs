// node verify.mjs KEY DIR: what snarkjs says of each NAME.proof.json with NAME.public.json in a
// folder, a line each: "NAME true" or "NAME false".

import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as snarkjs from 'snarkjs';

const [key, folder] = process.argv.slice(2);
const read = path => JSON.parse(readFileSync(path, 'utf8'));
const vk = read(key);
for (const file of readdirSync(folder).filter(f => f.endsWith('.proof.json')).sort()) {
  const name = file.slice(0, -'.proof.json'.length);
  const verified = await snarkjs.groth16.verify(
    vk, read(join(folder, `${name}.public.json`)), read(join(folder, file)));
  console.log(`${name} ${verified}`);
}
process.exit(0);
