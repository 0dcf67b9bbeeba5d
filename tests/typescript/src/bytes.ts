// Bytes and numbers: the protocol has both byte orders, so each function says which.

import {bytesToHex, concat, hexToBytes, keccak256, type Hex} from 'viem';

export type Bytes = Uint8Array;

export const hex = (bytes: Bytes): Hex => bytesToHex(bytes);
export const bytes = (text: Hex): Bytes => hexToBytes(text);
export const join = (...parts: Bytes[]): Bytes => concat(parts);
export const keccak = (...parts: Bytes[]): Bytes => keccak256(join(...parts), 'bytes');
export const same = (a: Bytes, b: Bytes): boolean => Buffer.compare(a, b) === 0;
export const ascii = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'latin1'));
export const zeros = (count: number): Bytes => new Uint8Array(count);
export const isZero = (of: Bytes): boolean => of.every((one) => one === 0);

/** Little endian, as the envelope and everything that is hashed into roots has it. */
export function little(value: bigint | number, size: number): Bytes {
  return big(value, size).reverse();
}

/** Big endian, as statements have it. */
export function big(value: bigint | number, size: number): Bytes {
  const out = zeros(size);
  let rest = BigInt.asUintN(8 * size, BigInt(value));
  for (let i = size - 1; i >= 0; i--) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
}

export function readLittle(from: Bytes, at: number, size: number): number {
  return Number(readBig(from.slice(at, at + size).reverse(), 0, size));
}

export function readBig(from: Bytes, at: number, size: number): bigint {
  if (at + size > from.length) {
    throw new Error(`${from.length} bytes, ${at + size} wanted`);
  }
  return from.slice(at, at + size).reduce((sum, one) => (sum << 8n) | BigInt(one), 0n);
}
