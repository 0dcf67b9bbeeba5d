// A client of the market, written from PROTOCOL.md and the envelope alone.
// node client.js first FOLDER PORT       everything that a channel goes through, to its release
// node client.js restarted FOLDER PORT   afterwards, when the node has started again

import {readFileSync, writeFileSync} from 'node:fs';
import {dirname, join as path} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Hex} from 'viem';
import {bytes, hex, isZero, type Bytes} from './bytes.js';
import {Connection, hello, kind} from './connection.js';
import {computeExample, readExample} from './example.js';
import {Market} from './market.js';
import {
  readState, readStored, send, sign, type Answer, type Order, type Work,
} from './orders.js';
import {reason} from './reasons.js';
import {
  onNewConnection, underOtherKinds, withNewNonce, withSameHello, type Recorded,
} from './replays.js';
import {listRoot, record, recordRoot, tokensRoot} from './roots.js';
import {equal, finish, refused, step} from './steps.js';

const page = path(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'PROTOCOL.md');
const [phase, folder, port] = process.argv.slice(2);
const recordings = path(folder, 'recorded.json');
const market = new Market(folder);
const connect = (first?: Bytes): Promise<Connection> =>
  Connection.to(Number(port), market.channel.node, market.domain.separator, first);

const acceptWanted = 1;
const traceRootWanted = 2;
const prompt = [1, 2, 3, 4, 5];

function graphWork(flags = 0): Work {
  return {
    modelRoot: market.graph.root, input: market.input,
    inputRoot: listRoot(market.graph.inputs, market.input), maxUnits: market.graph.units(flags),
  };
}

function languageWork(tokens: number): Work {
  const input = record(prompt, tokens);
  return {
    modelRoot: market.language.root, input, inputRoot: recordRoot(input),
    maxUnits: market.language.units(prompt.length, tokens),
  };
}

function checkReceipt(order: Order, {receipt}: Answer, wanted: {
  steps: number; outputRoot: Bytes; units: bigint;
}): void {
  const isTraced = (Number(order.values.flags) & traceRootWanted) !== 0;
  equal(receipt.orderHash, order.hash, 'order hash');
  equal(receipt.steps, BigInt(wanted.steps), 'steps');
  equal(receipt.outputRoot, hex(wanted.outputRoot), 'output root');
  equal(receipt.units, wanted.units, 'units');
  equal(isZero(bytes(receipt.traceRoot as Hex)), !isTraced, 'no trace root');
}

async function first(): Promise<void> {
  const firstHello = hello(2, 2);
  const served: {order: Order; answer: Answer}[] = [];
  const recorded: Recorded[] = [];
  let connection!: Connection;
  let acked = 0n;

  const graphOrder = async (flags: number): Promise<void> => {
    const order = await sign(market, served.length, graphWork(), flags);
    const answer = await send(market, connection, order);
    const outputRoot = listRoot(market.graph.outputs, answer.output);
    checkReceipt(order, answer, {steps: 1, outputRoot, units: market.graph.units(0)});
    served.push({order, answer});
  };
  const languageOrder = async (tokens: number, cancelled: boolean): Promise<number> => {
    const order = await sign(market, served.length, languageWork(tokens), 0);
    const answer = await send(market, connection, order, cancelled);
    const steps = answer.output.length / 4;
    const units = market.language.units(prompt.length, steps);
    checkReceipt(order, answer, {steps, outputRoot: tokensRoot(answer.output), units});
    served.push({order, answer});
    return steps;
  };
  const ask = async (name: string, of: number, values: Record<string, Hex | bigint>) => {
    const payload = await market.signed(name, {...values, nonce: hex(connection.nonce)});
    const answer = await connection.request(of, payload);
    recorded.push({name, kind: of, values, payload, hello: firstHello});
    return answer;
  };
  const release = (cumUnits: bigint) => ask('ReleaseQuery', kind.ReleaseRequest, {
    channel: market.channelId, cumUnits, nextSeq: BigInt(served.length),
  });

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
    connection = await connect(firstHello);
  });
  await step('ids', () => {
    equal(market.classId, (market.terms as unknown as {id: Hex}).id, 'class');
    equal(market.channelId, market.channel.id, 'channel');
    equal(market.spender.toLowerCase(), market.channel.spendKey.toLowerCase(), 'spend key');
  });
  await step('emptyState', async () => {
    const state = await readState(market, await ask(
      'StateQuery', kind.StateRequest, {channel: market.channelId}));
    equal(state.ack, undefined, 'ack');
    equal(state.entries.length, 0, 'entries');
    recorded.pop();
  });
  await step('order', () => graphOrder(0));
  await step('orderWithAcceptAndTraceRoot', async () => {
    await graphOrder(acceptWanted | traceRootWanted);
    const {order, answer} = served[1];
    equal(answer.accept?.orderHash, order.hash, 'accept');
    equal(answer.accept?.dueAt, order.values.deadline, 'due');
  });
  await step('orderSentAgain', async () => {
    const again = await send(market, connection, served[0].order);
    equal(hex(again.signed), hex(served[0].answer.signed), 'receipt');
  });
  await step('sequenceUsed', async () => {
    const other = await sign(market, 0, graphWork(), traceRootWanted);
    await refused(send(market, connection, other), reason.SequenceUsed, 'another order');
  });
  await step('languageOrder', async () => {
    await languageOrder(8, false);
  });
  await step('cancelledOrder', async () => {
    await languageOrder(1500, true);
  });
  await step('maxUnitsTooLow', async () => {
    const work = graphWork();
    const low = await sign(market, served.length, {...work, maxUnits: work.maxUnits - 1n}, 0);
    await refused(send(market, connection, low), reason.MaxUnitsTooLow, 'one unit less');
  });
  await step('proofsAreRefused', async () => {
    for (const flags of [4, 8, 4 | traceRootWanted]) {
      const order = await sign(market, served.length, graphWork(flags), flags);
      await refused(send(market, connection, order), reason.ProofUnavailable, `flags ${flags}`);
    }
    const order = await sign(market, served.length, languageWork(4), 4);
    await refused(send(market, connection, order), reason.ProofUnavailable, 'language, flag 4');
  });
  await step('unknownFlagIsRefused', async () => {
    const order = await sign(market, served.length, graphWork(), 16);
    await refused(send(market, connection, order), reason.FlagsUnknown, 'flag 16');
  });
  await step('state', async () => {
    const state = await readState(market, await ask(
      'StateQuery', kind.StateRequest, {channel: market.channelId}));
    equal(state.ack, undefined, 'ack');
    equal(state.entries.length, served.length, 'entries');
    state.entries.forEach(({order, receiptSigned}, i) => {
      equal(order.seq, BigInt(i), 'sequence');
      equal(hex(receiptSigned), hex(served[i].answer.signed), 'receipt');
    });
  });
  await step('ackBelowOwed', async () => {
    const low = await market.signed(
      'Ack', {channel: market.channelId, cumUnits: 1n, nextSeq: BigInt(served.length)});
    await refused(connection.request(kind.Ack, low), reason.AckBelowOwed, 'too little');
  });
  await step('ack', async () => {
    const cumUnits = served.reduce((sum, one) => sum + (one.answer.receipt.units as bigint), 0n);
    const ack = await market.signed(
      'Ack', {channel: market.channelId, cumUnits, nextSeq: BigInt(served.length)});
    for (const time of ['first', 'second']) {
      const stored = readStored(await connection.request(kind.Ack, ack));
      equal(stored.channel, market.channelId, `channel, ${time} time`);
      equal(stored.cumUnits, cumUnits, `units, ${time} time`);
    }
    acked = cumUnits;
    const state = await readState(market, await ask(
      'StateQuery', kind.StateRequest, {channel: market.channelId}));
    recorded.pop();
    equal(state.ack?.cumUnits, cumUnits, 'acked');
    equal(state.ack?.nextSeq, BigInt(served.length), 'next');
    equal(state.entries.length, 0, 'entries behind the ack');
  });
  await step('ackNotMonotone', async () => {
    const mixed = await market.signed(
      'Ack', {channel: market.channelId, cumUnits: acked + 1n, nextSeq: 0n});
    await refused(connection.request(kind.Ack, mixed), reason.AckNotMonotone, 'one up, one down');
  });
  await step('traceRoot', async () => {
    for (const {order, answer} of served.slice(0, 3).reverse()) {
      const trace = await market.open('TraceRoot', await ask(
        'TraceQuery', kind.TraceRequest, {orderHash: order.hash}));
      equal(trace.orderHash, order.hash, 'order');
      equal(trace.steps, answer.receipt.steps, 'steps');
      equal(isZero(bytes(trace.traceRoot as Hex)), false, 'zero');
      const isTraced = (Number(order.values.flags) & traceRootWanted) !== 0;
      equal(isTraced && trace.traceRoot !== answer.receipt.traceRoot, false, 'another trace root');
    }
    recorded.splice(1, 2);
  });
  await step('notOffered', async () => {
    const opening = await market.signed('OpeningQuery', {
      orderHash: served[0].order.hash, request: `0x${'00'.repeat(32)}`,
      nonce: hex(connection.nonce),
    });
    for (const of of [kind.OpeningRequest, kind.ProofRequest, kind.OfferRequest]) {
      await refused(connection.request(of, opening), reason.NotOffered, `kind ${of}`);
    }
  });
  await step('staleRelease', () =>
    refused(release(acked - 1n), reason.QueryStale, 'another ack').then(() => {}));
  await step('release', async () => {
    const promise = await market.open('Release', await release(acked));
    equal(promise.channel, market.channelId, 'channel');
    equal(promise.cumUnits, acked, 'units');
  });
  await step('orderAfterRelease', async () => {
    const order = await sign(market, served.length, graphWork(), 0);
    await refused(send(market, connection, order), reason.ChannelReleased, 'order');
  });
  await step('recorded', () =>
    equal(recorded.map((one) => one.name).join(), 'StateQuery,TraceQuery,ReleaseQuery', 'queries'));
  for (const query of recorded) {
    await step(`${query.name}.newConnection`, () => onNewConnection(connect, query));
    await step(`${query.name}.sameHello`, () => withSameHello(connect, query));
    await step(`${query.name}.otherKind`, () => underOtherKinds(
      connect, query, (nonce) => market.signed(query.name, {...query.values, nonce: hex(nonce)})));
    await step(`${query.name}.newNonceOldSignature`, () => withNewNonce(connect, query));
  }
  writeFileSync(recordings, JSON.stringify(recorded.map((one) => ({
    ...one, values: {}, payload: hex(one.payload), hello: hex(one.hello),
  }))));
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
