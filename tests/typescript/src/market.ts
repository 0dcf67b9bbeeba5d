// What a client is given: the files of the command line, and the models.

import {readFileSync} from 'node:fs';
import {join as path} from 'node:path';
import {privateKeyToAddress} from 'viem/accounts';
import type {Address, Hex} from 'viem';
import type {Bytes} from './bytes.js';
import {Graph, LanguageModel} from './model.js';
import {Domain, structHash, type Values} from './statements.js';

type Channel = {
  id: Hex; holder: Address; node: Address; spendKey: Address; classId: Hex; salt: Hex;
};

export class Market {
  readonly domain: Domain;
  readonly channel: Channel;
  readonly terms: Values;
  readonly key: Hex;
  readonly graph: Graph;
  readonly language: LanguageModel;
  /** The first input of the shipped classifier. */
  readonly input: Bytes;

  constructor(folder: string) {
    const json = (name: string) => JSON.parse(readFileSync(path(folder, name), 'utf8'));
    const file = (name: string): Bytes => new Uint8Array(readFileSync(path(folder, name)));
    const deployment = json('deployment.json');
    this.domain = new Domain(deployment.chainId, deployment.vouchers);
    this.channel = json('channel.json');
    this.terms = json('class.json');
    const key = readFileSync(path(folder, 'spend.key'), 'utf8').trim();
    this.key = `0x${key.replace(/^0x/, '')}`;
    this.graph = new Graph(file('glyphs.cvm'));
    this.language = new LanguageModel(file('tales.cvm'));
    this.input = file('glyphs.inputs').slice(0, 256);
  }

  get spender(): Address {
    return privateKeyToAddress(this.key);
  }

  get classId(): Hex {
    const {unitPrice, expiry} = this.terms;
    return structHash('Class', {
      ...this.terms, unitPrice: BigInt(unitPrice), expiry: BigInt(expiry)});
  }

  get channelId(): Hex {
    return structHash('Channel', {...this.channel, classId: BigInt(this.classId)});
  }

  signed(struct: string, values: Values): Promise<Bytes> {
    return this.domain.signed(struct, values, this.key);
  }

  /** A statement of the node's key. */
  open(struct: string, signed: Bytes): Promise<Values> {
    return this.domain.open(struct, signed, this.channel.node);
  }
}
