// Section 2 of PROTOCOL.md: statements, their payloads, hashes and signatures.

import {
  compactSignatureToSignature, hashDomain, hashStruct, hashTypedData, parseCompactSignature,
  recoverAddress, serializeCompactSignature, serializeSignature, signatureToCompactSignature,
  type Address, type Hex,
} from 'viem';
import {sign} from 'viem/accounts';
import {big, bytes, hex, join, readBig, type Bytes} from './bytes.js';

type Field = {name: string; type: string};
export type Values = Record<string, bigint | number | Hex>;

const texts = [
  'Order(bytes32 channel,uint64 seq,bytes32 modelRoot,bytes32 inputRoot,uint128 maxUnits,'
    + 'uint64 deadline,uint8 flags,bytes32 extension)',
  'Accept(bytes32 orderHash,uint64 dueAt)',
  'Receipt(bytes32 orderHash,uint32 steps,bytes32 outputRoot,bytes32 traceRoot,uint128 units)',
  'Ack(bytes32 channel,uint128 cumUnits,uint64 nextSeq)',
  'Cancel(bytes32 orderHash)',
  'TraceRoot(bytes32 orderHash,uint32 steps,bytes32 traceRoot)',
  'Release(bytes32 channel,uint128 cumUnits)',
  'StateQuery(bytes32 channel,bytes32 nonce)',
  'TraceQuery(bytes32 orderHash,bytes32 nonce)',
  'ReleaseQuery(bytes32 channel,uint128 cumUnits,uint64 nextSeq,bytes32 nonce)',
  'OpeningQuery(bytes32 orderHash,bytes32 request,bytes32 nonce)',
  'Class(address token,uint128 unitPrice,uint64 expiry,uint32 thaw,uint32 window,'
    + 'uint16 premiumBps,uint16 burnBps,bytes32 costTable,address court)',
  'Channel(address holder,address node,address spendKey,uint256 classId,bytes32 salt)',
];

/** What viem wants: the same types, taken apart. */
const types: Record<string, Field[]> = Object.fromEntries(texts.map((text) => {
  const [, name, fields] = /^(\w+)\((.*)\)$/.exec(text)!;
  return [name, fields.split(',').map((field) => {
    const [type, fieldName] = field.split(' ');
    return {name: fieldName, type};
  })];
}));

export const signatureBytes = 64;

function widthOf(type: string): number {
  if (type === 'address') {
    return 20;
  }
  const digits = Number(/\d+$/.exec(type)![0]);
  return type.startsWith('uint') ? digits / 8 : digits;
}

/** Bytes of a payload, without a signature. */
export const sizeOf = (struct: string): number =>
  types[struct].reduce((sum, field) => sum + widthOf(field.type), 0);

export function encode(struct: string, values: Values): Bytes {
  return join(...types[struct].map(({name, type}) => {
    const value = values[name];
    return typeof value === 'string' ? bytes(value) : big(value, widthOf(type));
  }));
}

/** Numbers come back as bigint, everything else (and a class id) as hex. */
export function decode(struct: string, payload: Bytes): Values {
  if (payload.length !== sizeOf(struct)) {
    throw new Error(`${struct}: ${payload.length} bytes, ${sizeOf(struct)} wanted`);
  }
  const values: Values = {};
  let at = 0;
  for (const {name, type} of types[struct]) {
    const width = widthOf(type);
    values[name] = type.startsWith('uint')
      ? readBig(payload, at, width) : hex(payload.slice(at, at + width));
    at += width;
  }
  return values;
}

export const structHash = (struct: string, values: Values): Hex =>
  hashStruct({primaryType: struct, types, data: values});

export class Domain {
  private readonly domain;

  constructor(chainId: number, vouchers: Address) {
    this.domain = {
      name: 'ComputeVoucher', version: '1', chainId: BigInt(chainId), verifyingContract: vouchers,
    };
  }

  get separator(): Bytes {
    return bytes(hashDomain({domain: this.domain, types: {
      EIP712Domain: [
        {name: 'name', type: 'string'}, {name: 'version', type: 'string'},
        {name: 'chainId', type: 'uint256'}, {name: 'verifyingContract', type: 'address'},
      ],
    }}));
  }

  digest(struct: string, values: Values): Hex {
    return hashTypedData({
      domain: this.domain, types, primaryType: struct, message: values,
    } as Parameters<typeof hashTypedData>[0]);
  }

  async sign(struct: string, values: Values, key: Hex): Promise<Bytes> {
    const signature = await sign({hash: this.digest(struct, values), privateKey: key});
    return bytes(serializeCompactSignature(signatureToCompactSignature(signature)));
  }

  /** Payload and signature, as they travel. */
  async signed(struct: string, values: Values, key: Hex): Promise<Bytes> {
    return join(encode(struct, values), await this.sign(struct, values, key));
  }

  /** Values of a signed statement; an error where another key signed. */
  async open(struct: string, signed: Bytes, signer: Address): Promise<Values> {
    const size = sizeOf(struct);
    const values = decode(struct, signed.slice(0, -signatureBytes));
    const found = await recover(this.digest(struct, values), signed.slice(size));
    if (found.toLowerCase() !== signer.toLowerCase()) {
      throw new Error(`${struct} is signed by ${found}, ${signer} wanted`);
    }
    return values;
  }
}

export function recover(digest: Hex, signature: Bytes): Promise<Address> {
  const compact = parseCompactSignature(hex(signature));
  return recoverAddress({
    hash: digest, signature: serializeSignature(compactSignatureToSignature(compact)),
  });
}
