// Section 10 of PROTOCOL.md, computed again from its fields.

import {readFileSync} from 'node:fs';
import {hexToNumber, keccak256, size, type Address, type Hex} from 'viem';
import {privateKeyToAddress} from 'viem/accounts';
import {bytes, hex, join, little} from './bytes.js';
import {dtype, listRoot} from './roots.js';
import {Domain, encode, structHash} from './statements.js';

const labelColumns = 20;

/** Rows of the last code block: a name, then hex over one line or several. */
export function readExample(page: string): Record<string, Hex> {
  const block = readFileSync(page, 'utf8').split('```').at(-2)!;
  const rows: Record<string, Hex> = {};
  let name = '';
  for (const line of block.split('\n').filter((one) => one !== '')) {
    name = line.slice(0, labelColumns).trim() || name;
    rows[name] = `${rows[name] ?? '0x'}${line.slice(labelColumns)}`;
  }
  return rows;
}

/** The rows that follow from the others. */
export async function computeExample(given: Record<string, Hex>): Promise<Record<string, Hex>> {
  const domain = new Domain(hexToNumber(given['chain id']), given['Vouchers contract'] as Address);
  const terms = {
    token: given['class token'], unitPrice: BigInt(given['class unitPrice']),
    expiry: BigInt(given['class expiry']), thaw: Number(given['class thaw']),
    window: Number(given['class window']), premiumBps: Number(given['class premiumBps']),
    burnBps: Number(given['class burnBps']), costTable: given['class costTable'],
    court: given['class court'],
  };
  const classId = structHash('Class', terms);
  const spendKey = privateKeyToAddress(given['spend key']);
  const node = privateKeyToAddress(given['node key']);
  const channel = structHash('Channel', {
    holder: given['holder'], node, spendKey, classId: BigInt(classId), salt: given['salt'],
  });
  const input = bytes(given['input']);
  const inputRoot = hex(listRoot([{dtype: dtype.Int8, dims: [1, size(given['input'])]}], input));
  const order = {
    channel, seq: BigInt(given['seq']), modelRoot: given['modelRoot'], inputRoot,
    maxUnits: BigInt(given['maxUnits']), deadline: BigInt(given['deadline']),
    flags: Number(given['flags']), extension: given['extension'],
  };
  const signature = await domain.sign('Order', order, given['spend key']);
  const payload = encode('Order', order);
  const body = join(little(payload.length, 2), payload, signature, input);
  const correlation = little(Number(given['correlation id']), 4);
  const frame = join(little(body.length, 4), little(3, 1), little(0, 3), correlation, body);
  return {
    'class id': classId,
    'spend address': spendKey.toLowerCase() as Hex,
    'node address': node.toLowerCase() as Hex,
    channel,
    inputRoot,
    'type hash': keccak256(new TextEncoder().encode(
      'Order(bytes32 channel,uint64 seq,bytes32 modelRoot,bytes32 inputRoot,uint128 maxUnits,'
        + 'uint64 deadline,uint8 flags,bytes32 extension)')),
    'order hash': structHash('Order', order),
    'domain separator': hex(domain.separator),
    digest: domain.digest('Order', order),
    signature: hex(signature),
    payload: hex(payload),
    frame: hex(frame),
  };
}
