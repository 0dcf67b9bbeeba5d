// The envelope (src/ComputeVoucher.Wire/README.md): frames over TCP, Hello and Welcome.

import {randomBytes} from 'node:crypto';
import {connect as open, type Socket} from 'node:net';
import type {Address} from 'viem';
import {
  ascii, bytes, hex, join, keccak, little, readLittle, same, type Bytes,
} from './bytes.js';
import {recover} from './statements.js';

export const kind = {
  Hello: 1, Welcome: 2, Order: 3, Accept: 4, Output: 5, Receipt: 6, Ack: 7, AckStored: 8,
  Cancel: 9, Error: 10, Ping: 11, Pong: 12, TraceRequest: 13, TraceRoot: 14, ReleaseRequest: 15,
  Release: 16, StateRequest: 17, State: 18, Goodbye: 19, OpeningRequest: 20, ProofRequest: 22,
  OfferRequest: 24,
};

export type Frame = {kind: number; flags: number; id: number; payload: Bytes};

/** An Error frame: its reason is what callers look at. */
export class Refused extends Error {
  constructor(readonly reason: number, text: string, readonly retryable: boolean) {
    super(`${reason}: ${text}`);
  }
}

/** The node closed without a word; its address had no token left (E 6.4), or it went away. */
export class Closed extends Error {}

const headerBytes = 12;
const lastOutput = 1;
const retryable = 2;

export const hello = (lowest: number, highest: number): Bytes =>
  join(ascii('CVW1'), little(lowest, 2), little(highest, 2), new Uint8Array(randomBytes(32)));

export class Connection {
  /** keccak(the node's random bytes ‖ those of Hello). */
  nonce: Bytes = new Uint8Array(32);
  /** The node has read everything that was sent before a Ping. */
  onPong: () => void = () => {};
  private buffer: Bytes = new Uint8Array(0);
  private ended = false;
  private wake: () => void = () => {};
  private ids = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.buffer = join(this.buffer, new Uint8Array(chunk));
      this.wake();
    });
    const end = () => {
      this.ended = true;
      this.wake();
    };
    socket.on('end', end).on('close', end).on('error', end);
  }

  /** Connects and reads Welcome; Refused where the node says no. */
  static async to(
    port: number, node: Address, context: Bytes, first: Bytes = hello(2, 2),
  ): Promise<Connection> {
    for (;;) {
      const connection = new Connection(open(port, '127.0.0.1'));
      try {
        connection.send(kind.Hello, first);
        await connection.welcome(first, node, context);
        return connection;
      } catch (failure) {
        connection.close();
        if (!(failure instanceof Closed)) {
          throw failure;
        }
        // A token comes back every second.
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  send(of: number, payload: Bytes, id = 0, flags = 0): void {
    this.socket.write(join(
      little(payload.length, 4), little(of, 1), little(flags, 1), little(0, 2), little(id, 4),
      payload));
  }

  /** A correlation id that is not in flight. */
  nextId(): number {
    return ++this.ids;
  }

  /** The next frame that is no Ping or Pong; an Error is thrown. */
  async read(id: number): Promise<Frame> {
    for (;;) {
      const header = await this.take(headerBytes);
      const frame = {
        kind: header[4], flags: header[5], id: readLittle(header, 8, 4),
        payload: await this.take(readLittle(header, 0, 4)),
      };
      if (frame.kind === kind.Ping) {
        this.send(kind.Pong, frame.payload);
      } else if (frame.kind === kind.Pong) {
        this.onPong();
      } else if (frame.kind === kind.Error) {
        throw new Refused(
          readLittle(frame.payload, 0, 2), Buffer.from(frame.payload.slice(2)).toString('utf8'),
          (frame.flags & retryable) !== 0);
      } else if (frame.id !== id) {
        throw new Error(`a frame of ${frame.id}, ${id} is in flight`);
      } else {
        return frame;
      }
    }
  }

  /** A request and its one answer. */
  async request(of: number, payload: Bytes, answer = of + 1): Promise<Bytes> {
    const id = this.nextId();
    this.send(of, payload, id);
    const frame = await this.read(id);
    if (frame.kind !== answer) {
      throw new Error(`answered by kind ${frame.kind}, ${answer} wanted`);
    }
    return frame.payload;
  }

  /** An Accept, if there is one, Outputs of an order until the last, the frame behind it. */
  async answer(
    id: number, onStep: () => void,
  ): Promise<{output: Bytes; final: Frame; accept?: Frame}> {
    let output: Bytes = new Uint8Array(0);
    let accept: Frame | undefined;
    let step = 1;
    let isLast = false;
    for (;;) {
      const frame = await this.read(id);
      if (frame.kind === kind.Accept && accept === undefined && output.length === 0) {
        accept = frame;
        continue;
      }
      if (frame.kind !== kind.Output) {
        if (!isLast) {
          throw new Error(`kind ${frame.kind} before the last output`);
        }
        return {output, final: frame, accept};
      }
      const next = readLittle(frame.payload, 0, 4);
      if (next < step || isLast) {
        throw new Error(`step ${next} behind ${step}`);
      }
      step = next;
      isLast = (frame.flags & lastOutput) !== 0;
      output = join(output, frame.payload.slice(4));
      onStep();
    }
  }

  close(): void {
    this.socket.destroy();
  }

  private async welcome(first: Bytes, node: Address, context: Bytes): Promise<void> {
    const frame = await this.read(0);
    const welcome = frame.payload;
    if (frame.kind !== kind.Welcome || welcome.length !== 164) {
      throw new Error(`no Welcome: kind ${frame.kind}, ${welcome.length} bytes`);
    }
    const digest = keccak(
      ascii('ComputeVoucher wire welcome 2\n'), first, welcome.slice(0, 100));
    const signer = await recover(hex(digest), welcome.slice(100));
    if (readLittle(welcome, 0, 2) !== 2 || !same(welcome.slice(16, 36), bytes(node))
      || !same(welcome.slice(36, 68), context)
      || signer.toLowerCase() !== node.toLowerCase()) {
      throw new Error(`Welcome of another version, node or context, or signed by ${signer}`);
    }
    this.nonce = keccak(welcome.slice(68, 100), first.slice(8, 40));
  }

  private async take(count: number): Promise<Bytes> {
    while (this.buffer.length < count) {
      if (this.ended) {
        throw new Closed(`closed after ${this.buffer.length} of ${count} bytes`);
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const taken = this.buffer.slice(0, count);
    this.buffer = this.buffer.slice(count);
    return taken;
  }
}
