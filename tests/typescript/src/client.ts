// A client of the market, written from PROTOCOL.md and the envelope alone.
// node client.js first FOLDER PORT       everything that a channel goes through, to its release
// node client.js restarted FOLDER PORT   afterwards, when the node has started again

import {readFileSync, writeFileSync} from 'node:fs';
import {dirname, join as path} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Hex} from 'viem';
import {ascii, bytes, hex, isZero, join, keccak, type Bytes} from './bytes.js';
import {Connection, hello, kind} from './connection.js';
import {computeExample, readExample} from './example.js';
import {acceptWanted, Holder, traceRootWanted} from './holder.js';
import {Market} from './market.js';
import {readState, readStored, send, sign, type Answer} from './orders.js';
import {reason} from './reasons.js';
import {
  onNewConnection, underOtherKinds, withNewNonce, withSameHello, type Recorded,
} from './replays.js';
import {equal, finish, refused, step} from './steps.js';

const page = path(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'PROTOCOL.md');
const [phase, folder, port] = process.argv.slice(2);
const recordings = path(folder, 'recorded.json');
const market = new Market(folder);
const connect = (first?: Bytes): Promise<Connection> =>
  Connection.to(Number(port), market.channel.node, market.domain.separator, first);

/** More than any node makes while a Cancel is on its way. */
const manyTokens = 1500;

async function opening(holder: Holder): Promise<void> {
  await step('example', async () => {
    const rows = readExample(page);
    for (const [name, value] of Object.entries(await computeExample(rows))) {
      equal(rows[name], value, name);
    }
  });
  await step('version1IsRefused', async () => {
    const failure = await refused(connect(hello(1, 1)), reason.VersionNotSupported, 'Hello');
    equal(/\b2\b/.test(failure.message), true, 'names version 2');
  });
  await step('welcome', async () => {
    holder.connection = await connect(holder.firstHello);
  });
  await step('ids', () => {
    equal(market.classId, (market.terms as unknown as {id: Hex}).id, 'class');
    equal(market.channelId, market.channel.id, 'channel');
    equal(market.spender.toLowerCase(), market.channel.spendKey.toLowerCase(), 'spend key');
  });
  await step('emptyState', async () => {
    const state = await holder.state();
    equal(state.ack, undefined, 'ack');
    equal(state.nextSeq, 0n, 'next');
    equal(state.entries.length, 0, 'entries');
  });
}

async function orders(holder: Holder): Promise<void> {
  await step('order', async () => {
    await holder.graphOrder(0);
  });
  await step('stateWithoutAck', async () => {
    const state = await holder.state();
    equal(state.ack, undefined, 'ack');
    equal(state.entries.length, 1, 'entries');
    equal(state.nextSeq, 1n, 'next');
  });
  await step('orderWithAcceptAndTraceRoot', async () => {
    const {order, answer} = await holder.graphOrder(acceptWanted | traceRootWanted);
    equal(answer.accept?.orderHash, order.hash, 'accept');
    equal(answer.accept?.dueAt, order.values.deadline, 'due');
  });
  await step('orderSentAgain', async () => {
    const again = await holder.serve(holder.served[0].order);
    equal(hex(again.signed), hex(holder.served[0].answer.signed), 'receipt');
  });
  await step('sequenceUsed', async () => {
    const other = await sign(market, 0n, holder.graphWork(), traceRootWanted);
    await refused(send(market, holder.connection, other), reason.SequenceUsed, 'another order');
  });
  await step('languageOrder', async () => {
    equal(await holder.languageOrder(8), 8, 'steps');
  });
}

async function cancels(holder: Holder): Promise<void> {
  await step('cancelledOrder', async () => {
    const steps = await holder.languageOrder(manyTokens, 'output');
    equal(steps > 0 && steps < manyTokens, true, `cancelled after ${steps} steps`);
  });
  await step('cancelledBeforeItsFirstStep', async () => {
    // The node runs one token stream at a time here: the second order waits for the first.
    const first = await holder.sign(holder.languageWork(manyTokens));
    const second = await holder.sign(holder.languageWork(8), traceRootWanted);
    const other = await connect();
    const id = other.nextId();
    const cancel = await market.signed('Cancel', {orderHash: first.hash});
    holder.connection.onPong = () => other.send(kind.Cancel, cancel, id);
    other.send(kind.Order, first.payload, id);
    let waiting: Promise<Answer> | undefined;
    const {output, final} = await other.answer(id, () => {
      waiting ??= holder.serve(second, holder.connection, 'once');
    });
    const receipt = await market.open('Receipt', final.payload);
    holder.keepLanguage(first, {output, signed: final.payload, receipt});
    equal(holder.keepLanguage(second, await waiting!), 0, 'steps');
    other.close();
  });
  await step('lostConnection', async () => {
    const order = await holder.sign(holder.languageWork(64));
    const lost = await connect();
    const id = lost.nextId();
    lost.send(kind.Order, order.payload, id);
    await lost.read(id);
    lost.close();
    // A new connection, a new correlation id, and the answer from its first byte.
    equal(holder.keepLanguage(order, await holder.serve(order)), 64, 'steps');
  });
}

async function refusals(holder: Holder): Promise<void> {
  const {connection} = holder;
  await step('maxUnitsTooLow', async () => {
    const work = holder.graphWork();
    const low = await holder.sign({...work, maxUnits: work.maxUnits - 1n});
    await refused(send(market, connection, low), reason.MaxUnitsTooLow, 'one unit less');
  });
  await step('proofsAreRefused', async () => {
    for (const flags of [4, 8, 4 | traceRootWanted]) {
      const order = await holder.sign(holder.graphWork(flags), flags);
      await refused(send(market, connection, order), reason.ProofUnavailable, `flags ${flags}`);
    }
    const order = await holder.sign(holder.languageWork(4), 4);
    await refused(send(market, connection, order), reason.ProofUnavailable, 'language, flag 4');
  });
  await step('unknownFlagIsRefused', async () => {
    const order = await holder.sign(holder.graphWork(), 16);
    await refused(send(market, connection, order), reason.FlagsUnknown, 'flag 16');
  });
  await step('orderBehindSkippedSequences', async () => {
    await holder.graphOrder(0);
  });
}

async function acks(holder: Holder): Promise<void> {
  const {connection, served} = holder;
  await step('state', async () => {
    const state = await holder.state();
    equal(state.ack, undefined, 'ack');
    equal(state.nextSeq, holder.nextSeq, 'next');
    equal(state.entries.length, served.length, 'entries');
    state.entries.forEach(({order, receiptSigned}, i) => {
      equal(order.seq, served[i].order.values.seq, 'sequence');
      equal(hex(receiptSigned), hex(served[i].answer.signed), 'receipt');
    });
  });
  await step('ackBelowOwed', async () => {
    const low = await holder.ack(holder.owed - 1n);
    await refused(connection.request(kind.Ack, low), reason.AckBelowOwed, 'too little');
  });
  await step('ackOfSeveral', async () => {
    const units = served[0].answer.receipt.units as bigint
      + (served[1].answer.receipt.units as bigint);
    const stored = readStored(await connection.request(kind.Ack, await holder.ack(units, 2n)));
    equal(stored.cumUnits, units, 'units of two orders');
    const state = await holder.state();
    equal(state.entries.length, served.length - 2, 'entries behind the ack');
    equal(state.nextSeq, holder.nextSeq, 'next');
  });
  await step('ack', async () => {
    const ack = await holder.ack(holder.owed);
    for (const time of ['first', 'second']) {
      const stored = readStored(await connection.request(kind.Ack, ack));
      equal(stored.channel, market.channelId, `channel, ${time} time`);
      equal(stored.cumUnits, holder.owed, `units, ${time} time`);
    }
    holder.acked = holder.owed;
    const state = await holder.state();
    equal(state.ack?.cumUnits, holder.acked, 'acked');
    equal(state.ack?.nextSeq, holder.nextSeq, 'next of the ack');
    equal(state.nextSeq, holder.nextSeq, 'next');
    equal(state.entries.length, 0, 'entries behind the ack');
  });
  await step('ackNotMonotone', async () => {
    const mixed = await holder.ack(holder.acked + 1n, 0n);
    await refused(connection.request(kind.Ack, mixed), reason.AckNotMonotone, 'one up, one down');
  });
  await step('ackedOrderSentAgain', async () => {
    // One with AcceptWanted; whether an Accept comes again does not matter.
    const again = await holder.serve(served[1].order);
    equal(hex(again.signed), hex(served[1].answer.signed), 'receipt');
  });
}

async function questions(holder: Holder): Promise<void> {
  const {connection, served} = holder;
  await step('traceRoot', async () => {
    for (const {order, answer} of served) {
      const trace = await market.open('TraceRoot', await holder.ask(
        'TraceQuery', kind.TraceRequest, {orderHash: order.hash}));
      equal(trace.orderHash, order.hash, 'order');
      equal(trace.steps, answer.receipt.steps, 'steps');
      equal(isZero(bytes(trace.traceRoot as Hex)), answer.receipt.steps === 0n, 'zero');
      const isTraced = (Number(order.values.flags) & traceRootWanted) !== 0;
      equal(isTraced && trace.traceRoot !== answer.receipt.traceRoot, false, 'another trace root');
    }
  });
  await step('openings', async () => {
    const ask = async (orderHash: Hex, place: Uint8Array, signed: Uint8Array) =>
      connection.request(kind.OpeningRequest, join(await market.signed('OpeningQuery', {
        orderHash, request: hex(keccak(signed)), nonce: hex(connection.nonce),
      }), place));
    const root = bytes('0x00ffffffff0100000000');
    const {order, answer} = served.find((one) => Number(one.answer.receipt.steps) > 0)!;
    const opened = await ask(order.hash, root, root);
    equal(opened.length > 132 && (opened.length - 132) % 32 === 0, true, 'nodes');
    const trace = await market.open('TraceRoot', opened.subarray(0, 132));
    equal(trace.orderHash, order.hash, 'order');
    equal(trace.steps, answer.receipt.steps, 'steps');
    const none = bytes('0x00ffffffff2000000000');
    await refused(ask(order.hash, none, none), reason.OpeningUnknown, 'no such node');
    await refused(ask(order.hash, none, root), reason.OpeningUnknown, 'another place');
  });
  await step('notOffered', async () => {
    for (const of of [kind.ProofRequest, kind.OfferRequest]) {
      await refused(
        connection.request(of, ascii('what is asked')), reason.NotOffered, `kind ${of}`);
    }
  });
  await step('staleRelease', async () => {
    await refused(holder.release(holder.acked - 1n), reason.QueryStale, 'another ack');
  });
  await step('release', async () => {
    const promise = await market.open('Release', await holder.release(holder.acked));
    equal(promise.channel, market.channelId, 'channel');
    equal(promise.cumUnits, holder.acked, 'units');
  });
  await step('orderAfterRelease', async () => {
    const order = await holder.sign(holder.graphWork());
    await refused(send(market, connection, order), reason.ChannelReleased, 'order');
  });
}

async function replays({recorded}: Holder): Promise<void> {
  await step('recorded', () =>
    equal([...recorded.keys()].join(), 'StateQuery,TraceQuery,ReleaseQuery', 'queries'));
  for (const query of recorded.values()) {
    await step(`${query.name}.newConnection`, () => onNewConnection(connect, query));
    await step(`${query.name}.sameHello`, () => withSameHello(connect, query));
    await step(`${query.name}.otherKind`, () => underOtherKinds(
      connect, query, (nonce) => market.signed(query.name, {...query.values, nonce: hex(nonce)})));
    await step(`${query.name}.newNonceOldSignature`, () => withNewNonce(connect, query));
  }
  writeFileSync(recordings, JSON.stringify([...recorded.values()].map((one) => ({
    ...one, values: {}, payload: hex(one.payload), hello: hex(one.hello),
  }))));
}

async function first(): Promise<void> {
  const holder = new Holder(market, connect);
  for (const part of [opening, orders, cancels, refusals, acks, questions, replays]) {
    await part(holder);
  }
}

async function restarted(): Promise<void> {
  const recorded: Recorded[] = JSON.parse(readFileSync(recordings, 'utf8')).map(
    (one: Omit<Recorded, 'payload' | 'hello'> & {payload: Hex; hello: Hex}) => ({
      ...one, payload: bytes(one.payload), hello: bytes(one.hello),
    }));
  for (const query of recorded) {
    await step(`${query.name}.restarted`, async () => {
      await onNewConnection(connect, query);
      await withSameHello(connect, query);
    });
  }
  await step('releaseAskedAgain', async () => {
    const connection = await connect();
    const nonce = hex(connection.nonce);
    const state = await readState(market, await connection.request(
      kind.StateRequest, await market.signed('StateQuery', {channel: market.channelId, nonce})));
    const {cumUnits, nextSeq} = state.ack!;
    const again = await market.open('Release', await connection.request(
      kind.ReleaseRequest,
      await market.signed('ReleaseQuery', {channel: market.channelId, cumUnits, nextSeq, nonce})));
    equal(again.cumUnits, cumUnits, 'units');
  });
}

await (phase === 'first' ? first() : restarted());
finish();
