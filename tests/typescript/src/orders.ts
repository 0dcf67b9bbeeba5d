// Sections 3 to 5 of PROTOCOL.md: orders and their receipts, acks, states.

import {hex, join, little, readBig, type Bytes, isZero} from './bytes.js';
import {kind, type Connection} from './connection.js';
import type {Market} from './market.js';
import {sizeOf, signatureBytes, structHash, type Values} from './statements.js';
import type {Hex} from 'viem';

export type Work = {modelRoot: Hex; input: Bytes; inputRoot: Bytes; maxUnits: bigint};

export type Order = {
  values: Values; hash: Hex; signed: Bytes; payload: Bytes; accepted?: Bytes;
};

export type Answer = {output: Bytes; signed: Bytes; receipt: Values; accept?: Values};

const zero32: Hex = `0x${'00'.repeat(32)}`;
const second = 1000;
const deadlineSeconds = 1800;

export async function sign(
  market: Market, seq: number, work: Work, flags: number,
): Promise<Order> {
  const values: Values = {
    channel: market.channelId, seq: BigInt(seq), modelRoot: work.modelRoot,
    inputRoot: hex(work.inputRoot), maxUnits: work.maxUnits,
    deadline: BigInt(Math.floor(Date.now() / second) + deadlineSeconds), flags,
    extension: zero32,
  };
  const signed = await market.signed('Order', values);
  const payload = join(little(sizeOf('Order'), 2), signed, work.input);
  return {values, hash: structHash('Order', values), signed, payload};
}

/** Sends an order; with a cancel when its first output is there. */
export async function send(
  market: Market, connection: Connection, order: Order, cancelled = false,
): Promise<Answer> {
  const id = connection.nextId();
  connection.send(kind.Order, order.payload, id);
  let accept: Values | undefined;
  if ((Number(order.values.flags) & 1) !== 0) {
    const frame = await connection.read(id);
    if (frame.kind !== kind.Accept) {
      throw new Error(`kind ${frame.kind} where an Accept is wanted`);
    }
    accept = await market.open('Accept', frame.payload);
  }
  const cancel = cancelled ? await market.signed('Cancel', {orderHash: order.hash}) : undefined;
  let isSent = false;
  const {output, final} = await connection.answer(id, () => {
    if (cancel !== undefined && !isSent) {
      isSent = true;
      connection.send(kind.Cancel, cancel, id);
    }
  });
  if (final.kind !== kind.Receipt) {
    throw new Error(`kind ${final.kind} where a Receipt is wanted`);
  }
  const receipt = await market.open('Receipt', final.payload);
  return {output, signed: final.payload, receipt, accept};
}

export type Entry = {order: Values; receipt?: Values; receiptSigned: Bytes};
export type State = {ack?: Values; entries: Entry[]};

/** A State, every signature in it checked. */
export async function readState(market: Market, payload: Bytes): Promise<State> {
  const ackBytes = sizeOf('Ack') + signatureBytes;
  const orderBytes = sizeOf('Order') + signatureBytes;
  const receiptBytes = sizeOf('Receipt') + signatureBytes;
  const count = Number(readBig(payload, ackBytes, 4));
  const ackSigned = payload.slice(0, ackBytes);
  const entries: Entry[] = [];
  let at = ackBytes + 4;
  for (let i = 0; i < count; i++) {
    const orderSigned = payload.slice(at, at + orderBytes);
    const receiptSigned = payload.slice(at + orderBytes, at + orderBytes + receiptBytes);
    at += orderBytes + receiptBytes;
    entries.push({
      order: await market.domain.open('Order', orderSigned, market.spender),
      receipt: isZero(receiptSigned) ? undefined : await market.open('Receipt', receiptSigned),
      receiptSigned,
    });
  }
  if (at !== payload.length) {
    throw new Error(`a State of ${payload.length} bytes with ${count} entries`);
  }
  const ack = isZero(ackSigned)
    ? undefined : await market.domain.open('Ack', ackSigned, market.spender);
  return {ack, entries};
}

/** AckStored: whose channel, and the units that the node has on its disk. */
export function readStored(payload: Bytes): {channel: Hex; cumUnits: bigint} {
  if (payload.length !== 48) {
    throw new Error(`an AckStored of ${payload.length} bytes`);
  }
  return {channel: hex(payload.slice(0, 32)), cumUnits: readBig(payload, 32, 16)};
}
