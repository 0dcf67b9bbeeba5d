// Section 7 of PROTOCOL.md: trees of tensors, and the record of a language model.

import {join, keccak, little, zeros, type Bytes} from './bytes.js';

const leafBytes = 128;
const arity = 4;

export const dtype = {Int32: 2, UInt8: 3, Int64: 4, Int16: 7, Int8: 9};

export type Tensor = {dtype: number; dims: number[]};

const elementBytes: Record<number, number> = {2: 4, 3: 1, 4: 8, 7: 2, 9: 1};

export const elementsOf = (dims: number[]): number => dims.reduce((a, b) => a * b, 1);
export const bytesOf = (tensor: Tensor): number =>
  elementsOf(tensor.dims) * elementBytes[tensor.dtype];

/** Root over items that are hashes already. */
export function root(items: Bytes[]): Bytes {
  if (items.length === 0) {
    return zeros(32);
  }
  let level = items;
  while (level.length > 1) {
    const above: Bytes[] = [];
    for (let i = 0; i < level.length; i += arity) {
      const group = level.slice(i, i + arity);
      while (group.length < arity) {
        group.push(zeros(32));
      }
      above.push(keccak(little(1, 1), ...group));
    }
    level = above;
  }
  return level[0];
}

export function tensorHash(tensor: Tensor, data: Bytes): Bytes {
  const leaves: Bytes[] = [];
  for (let at = 0; at < data.length; at += leafBytes) {
    const piece = zeros(leafBytes);
    piece.set(data.slice(at, at + leafBytes));
    leaves.push(keccak(little(0, 1), piece));
  }
  return keccak(
    little(2, 1), little(tensor.dtype, 1), little(tensor.dims.length, 1),
    ...tensor.dims.map((dim) => little(dim, 4)), root(leaves));
}

/** Root of a list of tensors whose bytes follow one another. */
export function listRoot(tensors: Tensor[], data: Bytes): Bytes {
  let at = 0;
  const hashes = tensors.map((tensor) => {
    const from = at;
    at += bytesOf(tensor);
    return tensorHash(tensor, data.slice(from, at));
  });
  if (at !== data.length) {
    throw new Error(`${data.length} bytes for tensors of ${at}`);
  }
  return keccak(little(3, 1), little(hashes.length, 4), root(hashes));
}

/** Greedy record of a prompt. */
export const record = (prompt: number[], newTokensMax: number): Bytes => join(
  little(8, 1), little(1, 1), little(0, 2), little(prompt.length, 4), little(newTokensMax, 4),
  little(0, 4), little(0, 4), little(0, 4), little(0, 4), little(0, 8),
  ...prompt.map((id) => little(id, 4)));

export const recordRoot = (of: Bytes): Bytes =>
  listRoot([{dtype: dtype.UInt8, dims: [of.length]}], of);

/** Of so many produced ids; of none, the list of nothing. */
export const tokensRoot = (ids: Bytes): Bytes => ids.length === 0
  ? listRoot([], ids)
  : listRoot([{dtype: dtype.Int32, dims: [ids.length / 4]}], ids);
