// A recorded query, sent again in other ways than its own.

import {join, type Bytes} from './bytes.js';
import {hello, kind, type Connection} from './connection.js';
import {reason} from './reasons.js';
import {signatureBytes, type Values} from './statements.js';
import {refused} from './steps.js';

export type Recorded = {
  name: string; kind: number; values: Values; payload: Bytes; hello: Bytes;
};

export type Connect = (first?: Bytes) => Promise<Connection>;

async function onNew(
  connect: Connect, first: Bytes, of: number, payload: (nonce: Bytes) => Bytes, wanted: number,
  what: string,
): Promise<void> {
  const connection = await connect(first);
  try {
    await refused(connection.request(of, payload(connection.nonce)), wanted, what);
  } finally {
    connection.close();
  }
}

export const onNewConnection = (connect: Connect, query: Recorded): Promise<void> =>
  onNew(connect, hello(2, 2), query.kind, () => query.payload, reason.QueryNonceWrong, query.name);

export const withSameHello = (connect: Connect, query: Recorded): Promise<void> =>
  onNew(connect, query.hello, query.kind, () => query.payload, reason.QueryNonceWrong, query.name);

/** The nonce of the new connection in place of the old one, which the signature covers. */
export const withNewNonce = (connect: Connect, query: Recorded): Promise<void> => {
  const end = query.payload.length - signatureBytes;
  const patched = (nonce: Bytes) =>
    join(query.payload.slice(0, end - nonce.length), nonce, query.payload.slice(end));
  return onNew(connect, hello(2, 2), query.kind, patched, reason.SignerWrong, query.name);
};

/** Under every other kind that carries a query: recorded, and signed for the very connection. */
export async function underOtherKinds(
  connect: Connect, query: Recorded, sign: (nonce: Bytes) => Promise<Bytes>,
): Promise<void> {
  for (const other of [kind.StateRequest, kind.TraceRequest, kind.ReleaseRequest]) {
    if (other === query.kind) {
      continue;
    }
    const what = `${query.name} as kind ${other}`;
    const fits = query.kind !== kind.ReleaseRequest && other !== kind.ReleaseRequest;
    await onNew(
      connect, hello(2, 2), other, () => query.payload,
      fits ? reason.QueryNonceWrong : reason.PayloadSize, what);
    const connection = await connect();
    try {
      await refused(
        connection.request(other, await sign(connection.nonce)),
        !fits ? reason.PayloadSize
        : other === kind.StateRequest ? reason.ChannelUnknown : reason.SignerWrong, what);
    } finally {
      connection.close();
    }
  }
}
