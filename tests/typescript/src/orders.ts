// Sections 3 to 5 of PROTOCOL.md: orders and their receipts, acks, states.

import {hex, join, little, readBig, zeros, type Bytes, isZero} from './bytes.js';
import {kind, Refused, type Connection} from './connection.js';
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
/** Milliseconds: a bound against hangs, and how often an order is sent again until then. */
const patience = 300 * second;
const pause = 50;

export async function sign(
  market: Market, seq: bigint, work: Work, flags: number,
): Promise<Order> {
  const values: Values = {
    channel: market.channelId, seq, modelRoot: work.modelRoot,
    inputRoot: hex(work.inputRoot), maxUnits: work.maxUnits,
    deadline: BigInt(Math.floor(Date.now() / second) + deadlineSeconds), flags,
    extension: zero32,
  };
  const signed = await market.signed('Order', values);
  const payload = join(little(sizeOf('Order'), 2), signed, work.input);
  return {values, hash: structHash('Order', values), signed, payload};
}

/** When a Cancel is sent: not at all, right behind the order, or behind its first output. */
export type CancelAt = 'never' | 'once' | 'output';

/** Sends an order, the same bytes again while the node says that they may succeed later.
 * Refused where it says no for good. */
export async function send(
  market: Market, connection: Connection, order: Order, cancelAt: CancelAt = 'never',
): Promise<Answer> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      return await sendOnce(market, connection, order, cancelAt);
    } catch (failure) {
      if (!(failure instanceof Refused && failure.retryable && Date.now() < end)) {
        throw failure;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

async function sendOnce(
  market: Market, connection: Connection, order: Order, cancelAt: CancelAt,
): Promise<Answer> {
  const id = connection.nextId();
  const cancel = await market.signed('Cancel', {orderHash: order.hash});
  connection.send(kind.Order, order.payload, id);
  let isCancelled = cancelAt === 'once';
  if (isCancelled) {
    connection.send(kind.Cancel, cancel, id);
    connection.send(kind.Ping, zeros(8));
  }
  const answer = await connection.answer(id, () => {
    if (cancelAt === 'output' && !isCancelled) {
      isCancelled = true;
      connection.send(kind.Cancel, cancel, id);
    }
  });
  if (answer.final.kind !== kind.Receipt) {
    throw new Error(`kind ${answer.final.kind} where a Receipt is wanted`);
  }
  const accept = answer.accept && await market.open('Accept', answer.accept.payload);
  const receipt = await market.open('Receipt', answer.final.payload);
  return {output: answer.output, signed: answer.final.payload, receipt, accept};
}

export type Entry = {order: Values; receipt?: Values; receiptSigned: Bytes};
export type State = {ack?: Values; nextSeq: bigint; entries: Entry[]};

/** A State, every signature in it checked. */
export async function readState(market: Market, payload: Bytes): Promise<State> {
  const ackBytes = sizeOf('Ack') + signatureBytes;
  const orderBytes = sizeOf('Order') + signatureBytes;
  const receiptBytes = sizeOf('Receipt') + signatureBytes;
  const nextSeq = readBig(payload, ackBytes, 8);
  const count = Number(readBig(payload, ackBytes + 8, 4));
  const ackSigned = payload.slice(0, ackBytes);
  const entries: Entry[] = [];
  let at = ackBytes + 12;
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
  return {ack, nextSeq, entries};
}

/** AckStored: whose channel, and the units that the node has on its disk. */
export function readStored(payload: Bytes): {channel: Hex; cumUnits: bigint} {
  if (payload.length !== 48) {
    throw new Error(`an AckStored of ${payload.length} bytes`);
  }
  return {channel: hex(payload.slice(0, 32)), cumUnits: readBig(payload, 32, 16)};
}
