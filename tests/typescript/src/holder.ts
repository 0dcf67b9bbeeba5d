// The holder of a channel: signs orders, each of a sequence of its own, and keeps what was served.

import type {Hex} from 'viem';
import {bytes, hex, isZero, type Bytes} from './bytes.js';
import {hello, kind, Refused, type Connection} from './connection.js';
import type {Market} from './market.js';
import {
  readState, send, sign, type Answer, type CancelAt, type Order, type State, type Work,
} from './orders.js';
import type {Connect, Recorded} from './replays.js';
import {listRoot, record, recordRoot, tokensRoot} from './roots.js';
import {equal, Stopped} from './steps.js';

export const acceptWanted = 1;
export const traceRootWanted = 2;
const prompt = [1, 2, 3, 4, 5];

export type Served = {order: Order; answer: Answer};

export class Holder {
  readonly firstHello = hello(2, 2);
  readonly served: Served[] = [];
  /** The last query of each type that was answered. */
  readonly recorded = new Map<string, Recorded>();
  connection!: Connection;
  acked = 0n;
  private next = 0n;

  constructor(readonly market: Market, readonly connect: Connect) {}

  get nextSeq(): bigint {
    return this.next;
  }

  get owed(): bigint {
    return this.served.reduce((sum, one) => sum + (one.answer.receipt.units as bigint), 0n);
  }

  graphWork(flags = 0): Work {
    const {graph, input} = this.market;
    return {
      modelRoot: graph.root, input, inputRoot: listRoot(graph.inputs, input),
      maxUnits: graph.units(flags),
    };
  }

  languageWork(tokens: number): Work {
    const {language} = this.market;
    const input = record(prompt, tokens);
    return {
      modelRoot: language.root, input, inputRoot: recordRoot(input),
      maxUnits: language.units(prompt.length, tokens),
    };
  }

  /** An order of the next sequence, which no other will have, whatever becomes of this one. */
  sign(work: Work, flags = 0): Promise<Order> {
    return sign(this.market, this.next++, work, flags);
  }

  async graphOrder(flags: number): Promise<Served> {
    const {graph} = this.market;
    const order = await this.sign(this.graphWork(), flags);
    const answer = await this.serve(order);
    const outputRoot = listRoot(graph.outputs, answer.output);
    this.keep(order, answer, {steps: 1, outputRoot, units: graph.units(0)});
    return {order, answer};
  }

  /** The steps that were served. */
  async languageOrder(tokens: number, cancelAt: CancelAt = 'never'): Promise<number> {
    const order = await this.sign(this.languageWork(tokens));
    return this.keepLanguage(order, await this.serve(order, this.connection, cancelAt));
  }

  /** Refused for good is the end: nothing that follows would be what it says. */
  async serve(
    order: Order, connection = this.connection, cancelAt: CancelAt = 'never',
  ): Promise<Answer> {
    try {
      return await send(this.market, connection, order, cancelAt);
    } catch (failure) {
      throw failure instanceof Refused
        ? new Stopped(`order of sequence ${order.values.seq} refused for good: ${failure.message}`)
        : failure;
    }
  }

  keepLanguage(order: Order, answer: Answer): number {
    const steps = answer.output.length / 4;
    const units = this.market.language.units(prompt.length, steps);
    this.keep(order, answer, {steps, outputRoot: tokensRoot(answer.output), units});
    return steps;
  }

  /** A query for this connection; recorded. */
  async ask(name: string, of: number, values: Record<string, Hex | bigint>): Promise<Bytes> {
    const nonce = hex(this.connection.nonce);
    const payload = await this.market.signed(name, {...values, nonce});
    const answer = await this.connection.request(of, payload);
    this.recorded.set(name, {name, kind: of, values, payload, hello: this.firstHello});
    return answer;
  }

  async state(): Promise<State> {
    return readState(this.market, await this.ask(
      'StateQuery', kind.StateRequest, {channel: this.market.channelId}));
  }

  release(cumUnits: bigint): Promise<Bytes> {
    return this.ask('ReleaseQuery', kind.ReleaseRequest, {
      channel: this.market.channelId, cumUnits, nextSeq: this.next,
    });
  }

  ack(cumUnits: bigint, nextSeq = this.next): Promise<Bytes> {
    return this.market.signed('Ack', {channel: this.market.channelId, cumUnits, nextSeq});
  }

  /** Checks a receipt as section 4 wants it. */
  private keep(order: Order, answer: Answer, wanted: {
    steps: number; outputRoot: Bytes; units: bigint;
  }): void {
    const {receipt} = answer;
    const isTraced = (Number(order.values.flags) & traceRootWanted) !== 0 && wanted.steps > 0;
    equal(receipt.orderHash, order.hash, 'order hash');
    equal(receipt.steps, BigInt(wanted.steps), 'steps');
    equal(receipt.outputRoot, hex(wanted.outputRoot), 'output root');
    equal(receipt.units, wanted.units, 'units');
    equal(isZero(bytes(receipt.traceRoot as Hex)), !isTraced, 'no trace root');
    this.served.push({order, answer});
  }
}
