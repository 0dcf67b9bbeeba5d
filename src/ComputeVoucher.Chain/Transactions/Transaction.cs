using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>An Ethereum transaction of types 0 to 2 (EIP-155, EIP-2930, EIP-1559), signed or not.
/// </summary>
/// <remarks>Decoding checks the form; whether a fork accepts it is another question
/// (Internal/Transactions/TransactionRules).</remarks>
public sealed record Transaction
{
    // EIP-155: v = 35 + 2 × chain id + parity; before it, 27 + parity.
    private const uint ProtectedV = 35;
    private const uint BareV = 27;

    public required TransactionKind Kind { get; init; }

    /// <summary>Null for a legacy transaction without EIP-155, valid on any chain.</summary>
    public ulong? ChainId { get; init; }

    public required ulong Nonce { get; init; }

    /// <summary>Wei per gas; of types 0 and 1 the gas price, equal to the priority fee.</summary>
    public required UInt256 MaxFeePerGas { get; init; }

    /// <summary>Wei per gas.</summary>
    public required UInt256 MaxPriorityFeePerGas { get; init; }

    public required ulong GasLimit { get; init; }

    /// <summary>Null creates a contract.</summary>
    public Address? To { get; init; }

    /// <summary>Wei.</summary>
    public UInt256 Value { get; init; }

    public byte[] Data { get; init; } = [];

    public IReadOnlyList<AccessListItem> AccessList { get; init; } = [];

    public TransactionSignature? Signature { get; init; }

    /// <summary>Reads a signed transaction.</summary>
    /// <exception cref="FormatException">Another type, not canonical RLP, or fields of another
    /// length.</exception>
    public static Transaction Decode(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length > ChainLimits.TransactionBytesMax)
        {
            throw new FormatException($"a transaction of {encoded.Length} bytes");
        }

        return encoded switch
        {
            [>= 0xC0, ..] => DecodeLegacy(encoded),
            [1, ..] => DecodeTyped(TransactionKind.AccessList, encoded[1..]),
            [2, ..] => DecodeTyped(TransactionKind.FeeMarket, encoded[1..]),
            [] => throw new FormatException("an empty transaction"),
            _ => throw new FormatException($"a transaction of type {encoded[0]}"),
        };
    }

    /// <summary>The EIP-2718 envelope; without a signature, what is hashed to sign it.</summary>
    public byte[] Encode() => Encode(Signature);

    /// <summary>The transaction hash; only of a signed one.</summary>
    public Bytes32 Hash() => Keccak256.Hash(Encode());

    /// <summary>The digest that the sender signs.</summary>
    public Bytes32 SigningHash() => Keccak256.Hash(Encode(null));

    /// <summary>The same transaction with the signature of the key.</summary>
    public Transaction Sign(PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return this with { Signature = TransactionSignature.From(key.Sign(SigningHash())) };
    }

    /// <summary>False without a signature, or with one that no key makes.</summary>
    public bool TryRecoverSender(out Address sender)
    {
        sender = default;
        return Signature is TransactionSignature signature
            && signature.TryRecover(SigningHash(), out sender);
    }

    private static Transaction DecodeLegacy(ReadOnlySpan<byte> encoded)
    {
        RlpReader outer = new(encoded);
        RlpReader list = outer.ReadList();
        outer.ExpectEnd();
        ulong nonce = list.ReadUInt64();
        UInt256 price = list.ReadUInt256();
        ulong gas = list.ReadUInt64();
        Address? to = ReadTo(ref list);
        UInt256 value = list.ReadUInt256();
        byte[] data = list.ReadBytes().ToArray();
        UInt256 v = list.ReadUInt256();
        UInt256 r = list.ReadUInt256();
        UInt256 s = list.ReadUInt256();
        list.ExpectEnd();
        (ulong? chainId, bool parity) = SplitV(v);
        return new Transaction
        {
            Kind = TransactionKind.Legacy,
            ChainId = chainId,
            Nonce = nonce,
            MaxFeePerGas = price,
            MaxPriorityFeePerGas = price,
            GasLimit = gas,
            To = to,
            Value = value,
            Data = data,
            Signature = new TransactionSignature(r, s, parity),
        };
    }

    private static Transaction DecodeTyped(TransactionKind kind, ReadOnlySpan<byte> encoded)
    {
        RlpReader outer = new(encoded);
        RlpReader list = outer.ReadList();
        outer.ExpectEnd();
        ulong chainId = list.ReadUInt64();
        ulong nonce = list.ReadUInt64();
        UInt256 priority = list.ReadUInt256();
        UInt256 maxFee = kind == TransactionKind.FeeMarket ? list.ReadUInt256() : priority;
        ulong gas = list.ReadUInt64();
        Address? to = ReadTo(ref list);
        UInt256 value = list.ReadUInt256();
        byte[] data = list.ReadBytes().ToArray();
        AccessListItem[] accessList = ReadAccessList(list.ReadList());
        ulong parity = list.ReadUInt64();
        UInt256 r = list.ReadUInt256();
        UInt256 s = list.ReadUInt256();
        list.ExpectEnd();
        if (parity > 1)
        {
            throw new FormatException("a y parity that is neither 0 nor 1");
        }

        return new Transaction
        {
            Kind = kind,
            ChainId = chainId,
            Nonce = nonce,
            MaxFeePerGas = maxFee,
            MaxPriorityFeePerGas = priority,
            GasLimit = gas,
            To = to,
            Value = value,
            Data = data,
            AccessList = accessList,
            Signature = new TransactionSignature(r, s, parity == 1),
        };
    }

    private static Address? ReadTo(ref RlpReader list)
    {
        ReadOnlySpan<byte> to = list.ReadBytes();
        return to.Length switch
        {
            0 => null,
            Address.Size => new Address(to),
            _ => throw new FormatException($"an address of {to.Length} bytes"),
        };
    }

    private static AccessListItem[] ReadAccessList(RlpReader items)
    {
        List<AccessListItem> list = [];
        while (!items.IsAtEnd)
        {
            if (list.Count == ChainLimits.AccessListItemsMax)
            {
                throw new FormatException("an access list that is too long");
            }

            RlpReader item = items.ReadList();
            Address account = item.ReadAddress();
            RlpReader slots = item.ReadList();
            item.ExpectEnd();
            List<Bytes32> keys = [];
            while (!slots.IsAtEnd)
            {
                keys.Add(slots.ReadBytes32());
            }

            list.Add(new AccessListItem(account, [.. keys]));
        }

        return [.. list];
    }

    private static (ulong? ChainId, bool Parity) SplitV(UInt256 v)
    {
        if (v == BareV || v == BareV + 1)
        {
            return (null, v == BareV + 1);
        }

        if (v < ProtectedV || !((v - ProtectedV) / 2UL).TryToUInt64(out ulong chainId))
        {
            throw new FormatException("a v that is neither 27, 28 nor one of EIP-155");
        }

        return (chainId, !((v - ProtectedV) % 2UL).IsZero);
    }

    private byte[] Encode(TransactionSignature? signature)
    {
        RlpWriter list = new();
        list.BeginList();
        bool isLegacy = Kind == TransactionKind.Legacy;
        if (!isLegacy)
        {
            list.Write(ChainId ?? throw new InvalidOperationException("no chain id"));
        }

        list.Write(Nonce);
        if (Kind == TransactionKind.FeeMarket)
        {
            list.Write(MaxPriorityFeePerGas);
        }

        list.Write(MaxFeePerGas).Write(GasLimit).Write(To).Write(Value).Write(Data);
        if (isLegacy)
        {
            WriteLegacyTail(list, signature);
            return list.EndList().ToArray();
        }

        WriteAccessList(list);
        if (signature is TransactionSignature present)
        {
            list.Write(present.YParity ? 1UL : 0UL).Write(present.R).Write(present.S);
        }

        return [(byte)Kind, .. list.EndList().ToArray()];
    }

    private void WriteLegacyTail(RlpWriter list, TransactionSignature? signature)
    {
        if (signature is TransactionSignature present)
        {
            UInt256 parity = present.YParity ? 1UL : 0UL;
            UInt256 v = ChainId is ulong id
                ? (UInt256)ProtectedV + ((UInt256)id + (UInt256)id) + parity
                : (UInt256)BareV + parity;
            list.Write(v).Write(present.R).Write(present.S);
        }
        else if (ChainId is ulong id)
        {
            list.Write(id).Write(0UL).Write(0UL);
        }
    }

    private void WriteAccessList(RlpWriter list)
    {
        list.BeginList();
        foreach (AccessListItem item in AccessList)
        {
            list.BeginList().Write(item.Account).BeginList();
            foreach (Bytes32 slot in item.Slots)
            {
                list.Write(slot);
            }

            list.EndList().EndList();
        }

        list.EndList();
    }
}

/// <summary>The EIP-2718 envelopes that Chain reads. It sends only <see cref="FeeMarket"/>.
/// </summary>
public enum TransactionKind : byte
{
    /// <summary>A bare RLP list; with a chain id since EIP-155.</summary>
    Legacy = 0,

    /// <summary>EIP-2930.</summary>
    AccessList = 1,

    /// <summary>EIP-1559.</summary>
    FeeMarket = 2,
}

/// <summary>r, s and the parity of y, as they stand in a transaction: in range or not, low s or
/// not (transactions before Homestead may have a high one).</summary>
public readonly record struct TransactionSignature(UInt256 R, UInt256 S, bool YParity)
{
    /// <summary>n of secp256k1; SEC 2, section 2.4.1.</summary>
    internal static readonly UInt256 s_order = UInt256.Parse(
        "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

    /// <summary>Whether r and s are in 1 … n − 1.</summary>
    public bool IsInRange => !R.IsZero && R < s_order && !S.IsZero && S < s_order;

    /// <summary>Whether s is at most n/2, which EIP-2 demands.</summary>
    public bool HasLowS => S <= s_order / 2;

    public static TransactionSignature From(in Signature signature) => new(
        UInt256.FromBigEndian(signature.R.Span),
        UInt256.FromBigEndian(signature.S.Span),
        signature.YParity);

    /// <summary>Who signed <paramref name="digest"/>; (r, n − s) with the other parity names the
    /// same key, so a high s is mirrored first.</summary>
    public bool TryRecover(in Bytes32 digest, out Address signer)
    {
        signer = default;
        if (!IsInRange)
        {
            return false;
        }

        UInt256 low = HasLowS ? S : s_order - S;
        Signature compact = new(R.ToBytes32(), low.ToBytes32(), HasLowS ? YParity : !YParity);
        return Secp256k1.TryRecover(digest, compact, out signer);
    }
}

/// <summary>EIP-2930: an account and slots of its storage that a transaction announces.</summary>
public sealed record AccessListItem(Address Account, Bytes32[] Slots);
