// Sections 8 and 9 of PROTOCOL.md: what a model is named by, and what it costs.

import {ascii, hex, keccak, little, readLittle, same, type Bytes} from './bytes.js';
import {elementsOf, root, type Tensor} from './roots.js';
import type {Hex} from 'viem';

type Operator = {kind: number; output: Tensor; reads: number[]; attributes: number[]};

const kinds = {
  add: 0, averagePool: 1, conv: 3, depthwise: 4, fullyConnected: 9, maxPool: 17, reshape: 22,
  softmax: 25, pad: 34, transpose: 39, mean: 40, quantize: 114,
};

const headerBytes = 56;

type Contents = {format: number; root: Bytes; architecture: Bytes; parameters: Bytes};

function contents(file: Bytes): Contents {
  const a = readLittle(file, 40, 8);
  const b = readLittle(file, 48, 8);
  if (!same(file.slice(0, 4), ascii('CVM1')) || file.length !== headerBytes + a + b) {
    throw new Error('not a .cvm file');
  }
  return {
    format: readLittle(file, 4, 4),
    root: file.slice(8, 40),
    architecture: file.slice(headerBytes, headerBytes + a),
    parameters: file.slice(headerBytes + a),
  };
}

function integers(of: Bytes): number[] {
  const view = new DataView(of.buffer, of.byteOffset, of.byteLength);
  return Array.from({length: of.length / 4}, (_, i) => view.getInt32(4 * i, true));
}

const modelRoot = (architecture: Bytes, parameters: Bytes): Bytes =>
  keccak(little(4, 1), little(1, 4), architecture, parameters);

export class Graph {
  readonly inputs: Tensor[] = [];
  readonly outputs: Tensor[];
  readonly root: Hex;
  private readonly operators: Operator[] = [];

  constructor(file: Bytes) {
    const {format, root: named, architecture, parameters} = contents(file);
    const ints = integers(architecture);
    const [version, inputs, operators, outputs] = ints;
    if (format !== 1 || version !== 1) {
      throw new Error(`format ${format}, version ${version}: no graph`);
    }
    let at = 4;
    const tensor = (): Tensor => {
      const read = {dtype: ints[at], dims: ints.slice(at + 2, at + 2 + ints[at + 1])};
      at += 11;
      return read;
    };
    for (let i = 0; i < inputs; i++) {
      this.inputs.push(tensor());
    }
    for (let i = 0; i < operators; i++) {
      const kind = ints[at++];
      const output = tensor();
      const reads = ints.slice(at + 1, at + 1 + ints[at]);
      this.operators.push({kind, output, reads, attributes: ints.slice(at + 3, at + 19)});
      at += 19;
    }
    this.outputs = ints.slice(at, at + outputs).map((id) => this.activation(id));
    const digest = keccak(little(5, 1), architecture);
    const computed = modelRoot(digest, this.parametersRoot(parameters));
    if (!same(computed, named)) {
      throw new Error(`the model root is ${hex(computed)}, the file says ${hex(named)}`);
    }
    this.root = hex(computed);
  }

  units(flags: number): bigint {
    return this.operators.reduce((sum, one) => sum + this.cost(one, flags), 0n);
  }

  private activation(id: number): Tensor {
    return id < this.inputs.length
      ? this.inputs[id] : this.operators[id - this.inputs.length].output;
  }

  /** Weights of one output channel; 0 for operators without any. */
  private static weights({kind, attributes: a}: Operator): number {
    switch (kind) {
      case kinds.conv: return a[0] * a[1] * a[8];
      case kinds.depthwise: return a[0] * a[1];
      case kinds.fullyConnected: return a[0];
      default: return 0;
    }
  }

  private cost(of: Operator, flags: number): bigint {
    const elements = elementsOf(of.output.dims);
    let units = BigInt(elements * this.perElement(of));
    if (of.kind === kinds.mean) {
      units = BigInt(elementsOf(this.activation(of.reads[0]).dims));
    }
    const unproven = [kinds.reshape, kinds.pad, kinds.transpose, kinds.maxPool];
    if (!unproven.includes(of.kind)) {
      units += BigInt(elements) * ((flags & 4) !== 0 ? 100_000n : 0n);
      units += BigInt(elements) * ((flags & 8) !== 0 ? 200_000_000n : 0n);
    }
    return units;
  }

  private perElement(of: Operator): number {
    switch (of.kind) {
      case kinds.conv: case kinds.depthwise: case kinds.fullyConnected: return Graph.weights(of);
      case kinds.averagePool: case kinds.maxPool: return of.attributes[0] * of.attributes[1];
      case kinds.add: return 8;
      case kinds.softmax: return 64;
      case kinds.quantize: return 4;
      default: return 1;
    }
  }

  private parametersRoot(parameters: Bytes): Bytes {
    const leaves: Bytes[] = [];
    let at = 0;
    this.operators.forEach((operator, index) => {
      const k = Graph.weights(operator);
      const channels = operator.output.dims.at(-1)!;
      for (let c = 0; k > 0 && c < channels; c++) {
        const number = (row: number) => parameters.slice(
          at + 4 * (row * channels + c), at + 4 * (row * channels + c) + 4);
        const weights = at + 12 * channels + k * c;
        leaves.push(keccak(
          little(6, 1), little(index, 4), little(c, 4), little(k, 4),
          number(0), number(1), number(2), parameters.slice(weights, weights + k)));
      }
      at += k > 0 ? (12 + k) * channels : 0;
    });
    if (at !== parameters.length) {
      throw new Error(`${parameters.length} bytes of parameters, ${at} read`);
    }
    return keccak(little(7, 1), little(leaves.length, 4), root(leaves));
  }
}

export class LanguageModel {
  readonly root: Hex;
  readonly vocabulary: number;
  private readonly fixed: number;
  private readonly attended: number;
  private readonly token: number;

  constructor(file: Bytes) {
    const {format, root: named, architecture} = contents(file);
    const [version, dim, hidden, layers, heads, kvHeads, head, vocabulary] =
      integers(architecture.slice(0, 36));
    if (format !== 2 || version !== 1) {
      throw new Error(`format ${format}, version ${version}: no language model`);
    }
    this.root = hex(named);
    this.vocabulary = vocabulary;
    const q = heads * head;
    const r = q + 2 * kvHeads * head;
    this.fixed = layers
      * (dim * r + q * dim + 3 * dim * hidden + 16 * dim + 4 * r + 8 * q + 16 * hidden);
    this.attended = layers * (2 * q + 8 * heads);
    this.token = vocabulary * (dim + 1) + 8 * dim;
  }

  units(prompt: number, steps: number): bigint {
    if (steps === 0) {
      return 0n;
    }
    const p = prompt + steps - 1;
    return BigInt(p * this.fixed + this.attended * p * (p + 1) / 2 + steps * this.token);
  }
}
