using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>An Ethereum transaction of types 0 to 2 (EIP-155, EIP-2930, EIP-1559), signed or not.
/// </summary>
/// <remarks>The reference for <see cref="Transaction"/>, which knows the one type that is sent.
/// Decoding checks the form; whether a fork accepts it is another question
/// (<see cref="TransactionRules"/>).</remarks>
internal sealed record AnyTransaction
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
    public static AnyTransaction Decode(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length > ChainLimits.TransactionBytesMax)
        {
            throw new FormatException($"a transaction of {encoded.Length} bytes");
        }

        return encoded switch
        {
            [>= 0xC0, ..] => DecodeLegacy(Fields(encoded, 9)),
            [1, ..] => DecodeTyped(TransactionKind.AccessList, Fields(encoded[1..], 11)),
            [2, ..] => DecodeTyped(TransactionKind.FeeMarket, Fields(encoded[1..], 12)),
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
    public AnyTransaction Sign(PrivateKey key)
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

    private static AnyTransaction DecodeLegacy(object[] fields)
    {
        (ulong? chainId, bool parity) = SplitV(UInt256Of(fields[6]));
        return new AnyTransaction
        {
            Kind = TransactionKind.Legacy,
            ChainId = chainId,
            Nonce = UInt64Of(fields[0]),
            MaxFeePerGas = UInt256Of(fields[1]),
            MaxPriorityFeePerGas = UInt256Of(fields[1]),
            GasLimit = UInt64Of(fields[2]),
            To = ToOf(fields[3]),
            Value = UInt256Of(fields[4]),
            Data = BytesOf(fields[5]),
            Signature = new TransactionSignature(
                UInt256Of(fields[7]), UInt256Of(fields[8]), parity),
        };
    }

    private static AnyTransaction DecodeTyped(TransactionKind kind, object[] fields)
    {
        // From the maximum fee on, everything stands one further in a transaction of type 2.
        int at = kind == TransactionKind.FeeMarket ? 3 : 2;
        ulong parity = UInt64Of(fields[at + 6]);
        if (parity > 1)
        {
            throw new FormatException("a y parity that is neither 0 nor 1");
        }

        return new AnyTransaction
        {
            Kind = kind,
            ChainId = UInt64Of(fields[0]),
            Nonce = UInt64Of(fields[1]),
            MaxPriorityFeePerGas = UInt256Of(fields[2]),
            MaxFeePerGas = UInt256Of(fields[at]),
            GasLimit = UInt64Of(fields[at + 1]),
            To = ToOf(fields[at + 2]),
            Value = UInt256Of(fields[at + 3]),
            Data = BytesOf(fields[at + 4]),
            AccessList = [.. ListOf(fields[at + 5]).Select(ItemOf)],
            Signature = new TransactionSignature(
                UInt256Of(fields[at + 7]), UInt256Of(fields[at + 8]), parity == 1),
        };
    }

    private static object[] Fields(ReadOnlySpan<byte> encoded, int count) =>
        ListOf(RlpTree.Decode(encoded), count);

    private static object[] ListOf(object item, int? count = null) =>
        item is object[] list && (count is null || list.Length == count)
            ? list
            : throw new FormatException("no list, or not of so many items");

    private static byte[] BytesOf(object item) =>
        item as byte[] ?? throw new FormatException("a list where a byte string is wanted");

    private static UInt256 UInt256Of(object item) => BytesOf(item) switch
    {
        [0, ..] => throw new FormatException("a number with leading zeros"),
        { Length: > UInt256.Size } => throw new FormatException("a number of more than 256 bits"),
        byte[] bytes => UInt256.FromBigEndian(bytes),
    };

    private static ulong UInt64Of(object item) => UInt256Of(item).TryToUInt64(out ulong value)
        ? value
        : throw new FormatException("a number of more than 64 bits");

    private static byte[] BytesOf(object item, int length) =>
        BytesOf(item) is byte[] bytes && bytes.Length == length
            ? bytes
            : throw new FormatException($"not {length} bytes");

    private static Address? ToOf(object item) =>
        item is byte[] { Length: 0 } ? null : new Address(BytesOf(item, Address.Size));

    private static AccessListItem ItemOf(object item)
    {
        object[] pair = ListOf(item, 2);
        return new AccessListItem(
            new Address(BytesOf(pair[0], Address.Size)),
            [.. ListOf(pair[1]).Select(slot => new Bytes32(BytesOf(slot, Bytes32.Size)))]);
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

        return (chainId, v - ProtectedV != (UInt256)chainId + (UInt256)chainId);
    }

    private byte[] Encode(TransactionSignature? signature)
    {
        if (Kind == TransactionKind.Legacy)
        {
            return RlpTree.Encode((object[])[.. Common(), .. LegacyTail(signature)]);
        }

        List<object> fields =
        [
            Of(ChainId ?? throw new InvalidOperationException("no chain id")),
            .. Common(),
            AccessList.Select(i => (object)new object[]
            {
                i.Account.Span.ToArray(),
                i.Slots.Select(slot => (object)slot.ToArray()).ToArray(),
            }).ToArray(),
        ];
        if (signature is TransactionSignature present)
        {
            fields.AddRange([Of(present.YParity ? 1UL : 0UL), Of(present.R), Of(present.S)]);
        }

        return [(byte)Kind, .. RlpTree.Encode(fields.ToArray())];
    }

    /// <summary>What stands in all three types, in this order.</summary>
    private object[] Common() =>
    [
        Of(Nonce),
        .. Kind == TransactionKind.FeeMarket ? (object[])[Of(MaxPriorityFeePerGas)] : [],
        Of(MaxFeePerGas),
        Of(GasLimit),
        To is { } to ? to.Span.ToArray() : [],
        Of(Value),
        Data,
    ];

    private object[] LegacyTail(TransactionSignature? signature)
    {
        if (signature is not TransactionSignature present)
        {
            return ChainId is ulong chain ? [Of(chain), Of(0UL), Of(0UL)] : [];
        }

        UInt256 parity = present.YParity ? 1UL : 0UL;
        UInt256 v = ChainId is ulong id
            ? (UInt256)ProtectedV + ((UInt256)id + (UInt256)id) + parity
            : (UInt256)BareV + parity;
        return [Of(v), Of(present.R), Of(present.S)];
    }

    private static byte[] Of(UInt256 number) =>
        number.ToBytes32().Span.TrimStart((byte)0).ToArray();
}

/// <summary>The EIP-2718 envelopes.</summary>
internal enum TransactionKind : byte
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
internal readonly record struct TransactionSignature(UInt256 R, UInt256 S, bool YParity)
{
    /// <summary>n of secp256k1; SEC 2, section 2.4.1.</summary>
    private static readonly UInt256 s_order = UInt256.Parse(
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
internal sealed record AccessListItem(Address Account, Bytes32[] Slots);
