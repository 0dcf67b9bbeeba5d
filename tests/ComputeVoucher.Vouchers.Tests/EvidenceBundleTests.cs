using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers.Tests;

/// <summary>One bundle has one encoding, and nothing else is one.</summary>
public sealed class EvidenceBundleTests
{
    /// <summary>Every set of parts that may be missing.</summary>
    [Fact]
    public void EverySetOfParts_ComesBackAsItWas()
    {
        for (int parts = 0; parts < 256; parts++)
        {
            EvidenceBundle bundle = Of(parts);
            byte[] bytes = bundle.Encode();
            EvidenceBundle again = EvidenceBundle.Decode(bytes);
            Assert.Equal(bytes, again.Encode());
            Assert.Equal(RefusalReason.None, again.Check());
            Assert.Equal(Sample.Order, again.Ordered());
            Assert.Equal((parts & 16) != 0, EvidenceBundle.HasAck(bytes));
            Assert.Equal((parts & 32) == 0, again.Output is null);
            Assert.Equal(201, again.Refusal);
            Assert.Equal(bundle.Domain.VouchersSeparator, again.Domain.VouchersSeparator);
        }
    }

    /// <summary>As it lies on a disk: every flipped bit is seen, wherever it is.</summary>
    [Fact]
    public void EveryFlippedBit_IsRefused()
    {
        byte[] bytes = Of(255).Encode();
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            byte[] damaged = [.. bytes];
            damaged[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.Throws<FormatException>(() => EvidenceBundle.Decode(damaged));
        }
    }

    /// <summary>As a stranger makes it, with the right hash: it is refused, has a fault, or is
    /// another bundle with an encoding of its own.</summary>
    [Fact]
    public void EveryChangedByteUnderANewHash_IsRefusedOrReadsOneWay()
    {
        byte[] bytes = Of(255).Encode();
        HashSet<string> read = [];
        for (int at = 0; at < bytes.Length - Bytes32.Size; at++)
        {
            byte[] changed = [.. bytes];
            changed[at] ^= 0x41;
            Reseal(changed);
            if (Record.Exception(() => EvidenceBundle.Decode(changed)) is { } refused)
            {
                Assert.IsType<FormatException>(refused);
                continue;
            }

            EvidenceBundle other = EvidenceBundle.Decode(changed);
            Assert.Equal(changed, other.Encode());
            Assert.True(read.Add(Convert.ToHexString(changed)));
            bool isSigned = other.Input.Span.SequenceEqual(Of(255).Input.Span)
                && other.Output!.Value.Span.SequenceEqual(Of(255).Output!.Value.Span)
                && other.Refusal == 201 && other.Domain.Providers == Sample.Domain.Providers;
            Assert.Equal(isSigned, other.Check() != RefusalReason.None);
        }
    }

    [Fact]
    public void EveryLength_ButTheRightOne_IsRefused()
    {
        byte[] bytes = Of(255).Encode();
        for (int length = 0; length < bytes.Length + 40; length++)
        {
            if (length != bytes.Length)
            {
                byte[] other = new byte[length];
                bytes.AsSpan(0, Math.Min(length, bytes.Length)).CopyTo(other);
                if (length >= Bytes32.Size)
                {
                    Reseal(other);
                }

                Assert.Throws<FormatException>(() => EvidenceBundle.Decode(other));
            }
        }

        Assert.Throws<FormatException>(
            () => EvidenceBundle.Decode(new byte[EvidenceBundle.BytesMax + 1]));
    }

    /// <summary>A length is looked at before its bytes are taken.</summary>
    [Fact]
    public void LongestParts_FitAndLongerOnesDoNot()
    {
        EvidenceBundle most = Of(255) with
        {
            Input = new byte[EvidenceBundle.InputBytesMax],
            Output = new byte[EvidenceBundle.OutputBytesMax],
        };
        Assert.Equal(EvidenceBundle.BytesMax, most.Encode().Length);
        Assert.Equal(EvidenceBundle.InputBytesMax,
            EvidenceBundle.Decode(most.Encode()).Input.Length);
        Assert.Throws<ArgumentException>(() => (most with
        {
            Input = new byte[EvidenceBundle.InputBytesMax + 1],
        }).Encode());
    }

    /// <summary>Statements about another order, or terms that are not its.</summary>
    [Fact]
    public void PartsOfAnotherOrder_AreRefused()
    {
        Bytes32 other = new(Sample.Fill(0xEE));
        EvidenceBundle[] wrong =
        [
            Of(0) with { Accept = Signed(new Accept(other, 1), Sample.NodeKey) },
            Of(0) with { Cancel = Signed(new Cancel(other), Sample.SpendKey) },
            Of(0) with { Receipt = Signed(new Receipt(other, 1, other, other, 1), Sample.NodeKey) },
            Of(0) with
            {
                TraceRoot = Signed(new TraceRootStatement(other, 1, other), Sample.NodeKey),
            },
            Of(0) with { Ack = Signed(new Ack(other, 1, 1), Sample.SpendKey) },
            Of(4) with
            {
                OtherReceipt = Signed(new Receipt(other, 1, other, other, 1), Sample.NodeKey),
            },
            Of(8) with
            {
                OtherTraceRoot = Signed(new TraceRootStatement(other, 1, other), Sample.NodeKey),
            },
            Of(0) with { Channel = Sample.Terms with { Salt = other } },
            Of(0) with { Class = Sample.Class with { UnitPrice = 1 } },
        ];
        foreach (EvidenceBundle bundle in wrong)
        {
            Assert.Throws<FormatException>(() => EvidenceBundle.Decode(bundle.Encode()));
        }
    }

    [Fact]
    public void PartsOfAnotherKey_AreAFault()
    {
        Bytes32 hash = Sample.Order.HashStruct();
        EvidenceBundle[] wrong =
        [
            Of(0) with { Order = Signed(Sample.Order, Sample.OtherKey) },
            Of(0) with { Accept = Signed(new Accept(hash, 1), Sample.SpendKey) },
            Of(0) with { Receipt = Signed(new Receipt(hash, 1, hash, hash, 1), Sample.OtherKey) },
            Of(0) with { Ack = Signed(new Ack(Sample.Order.Channel, 1, 9), Sample.NodeKey) },
            Of(4) with
            {
                OtherReceipt = Signed(new Receipt(hash, 1, hash, hash, 1), Sample.OtherKey),
            },
            Of(8) with
            {
                OtherTraceRoot = Signed(new TraceRootStatement(hash, 1, hash), Sample.OtherKey),
            },
        ];
        foreach (EvidenceBundle bundle in wrong)
        {
            Assert.Equal(
                RefusalReason.SignerWrong, EvidenceBundle.Decode(bundle.Encode()).Check());
        }
    }

    /// <summary>A node cannot erase what it signed by signing something else: the first stays, and
    /// of the others the one that convicts.</summary>
    [Fact]
    public void StatementsThatDiffer_AreKeptBesideTheFirst()
    {
        Bytes32 hash = Sample.Order.HashStruct();
        Receipt first = new(hash, 3, hash, default, 5);
        EvidenceBundle bundle = Of(0).WithReceipt(Signed(first, Sample.NodeKey), new byte[] { 1 });
        Assert.Equal(bundle, bundle.WithReceipt(bundle.Receipt, new byte[] { 2 }));
        Assert.Equal([1], bundle.Output!.Value.ToArray());

        EvidenceBundle shorter = bundle.WithReceipt(
            Signed(first with { Steps = 2 }, Sample.NodeKey), default);
        Assert.False(shorter.OtherReceipt.IsEmpty || shorter.IsEquivocation());
        byte[] other = Signed(first with { Units = 6 }, Sample.NodeKey).ToArray();
        EvidenceBundle convicts = shorter.WithReceipt(other, default);
        Assert.True(convicts.IsEquivocation());
        Assert.Equal(convicts, convicts.WithReceipt(
            Signed(first with { Steps = 1 }, Sample.NodeKey), other));
        Assert.Equal(bundle.Receipt.ToArray(), convicts.Receipt.ToArray());
        Assert.Equal(other, EvidenceBundle.Decode(convicts.Encode()).OtherReceipt.ToArray());
    }

    [Fact]
    public void TraceRoots_ConvictWhereTheyDiffer()
    {
        Bytes32 hash = Sample.Order.HashStruct();
        TraceRootStatement root = new(hash, 3, hash);
        EvidenceBundle bundle = Of(0).WithTraceRoot(Signed(root, Sample.NodeKey));
        EvidenceBundle shorter = bundle.WithTraceRoot(
            Signed(root with { Steps = 2 }, Sample.NodeKey));
        Assert.False(shorter.IsEquivocation());
        Assert.True(shorter.WithTraceRoot(Signed(
            root with { TraceRoot = Keccak256.Hash("x"u8) }, Sample.NodeKey)).IsEquivocation());

        // A receipt without a trace root says nothing about it.
        foreach ((Bytes32 said, uint steps, bool isProof) in new (Bytes32, uint, bool)[]
        {
            (default, 3, false), (hash, 3, false), (Keccak256.Hash("x"u8), 3, true),
            (Keccak256.Hash("x"u8), 2, false),
        })
        {
            EvidenceBundle both = bundle.WithReceipt(
                Signed(new Receipt(hash, steps, hash, said, 5), Sample.NodeKey), default);
            Assert.Equal(isProof, both.IsEquivocation());
        }
    }

    private static EvidenceBundle Of(int parts)
    {
        Bytes32 hash = Sample.Order.HashStruct();
        Bytes32 root = new(Sample.Fill(9));
        return new EvidenceBundle
        {
            Domain = Sample.Domain,
            Class = Sample.Class,
            Channel = Sample.Terms,
            Order = Signed(Sample.Order, Sample.SpendKey),
            Input = new byte[] { 1, 2, 3 },
            Refusal = 201,
            Accept = Part(parts & 1, new Accept(hash, 7), Sample.NodeKey),
            Cancel = Part(parts & 2, new Cancel(hash), Sample.SpendKey),
            Receipt = Part(parts & 4, new Receipt(hash, 1, root, root, 5), Sample.NodeKey),
            TraceRoot = Part(parts & 8, new TraceRootStatement(hash, 1, root), Sample.NodeKey),
            Ack = Part(parts & 16, new Ack(Sample.Order.Channel, 5, 6), Sample.SpendKey),
            Output = (parts & 32) != 0 ? new byte[] { 4, 5 } : (ReadOnlyMemory<byte>?)null,
            OtherReceipt = Part(
                parts & 64, new Receipt(hash, 1, root, root, 6), Sample.NodeKey),
            OtherTraceRoot = Part(
                parts & 128, new TraceRootStatement(hash, 1, hash), Sample.NodeKey),
        };
    }

    private static ReadOnlyMemory<byte> Part<T>(int bit, in T value, PrivateKey key)
        where T : struct, ISignedStruct<T> => bit == 0 ? default : Signed(value, key);

    private static ReadOnlyMemory<byte> Signed<T>(in T value, PrivateKey key)
        where T : struct, ISignedStruct<T> => SignedPayload.Encode(
            value, key.Sign(value.Digest(Sample.Domain.VouchersSeparator)));

    private static void Reseal(byte[] bytes) =>
        Keccak256.Hash(bytes.AsSpan(..^Bytes32.Size)).CopyTo(bytes.AsSpan(^Bytes32.Size..));
}
