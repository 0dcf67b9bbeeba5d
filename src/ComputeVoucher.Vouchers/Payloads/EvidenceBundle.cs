using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// All that a third party needs to check one order, and to prove it wrong before a court: its
/// terms, what both sides signed about it, and its input. Written before the order leaves, and
/// again whenever something is added; an order that was refused has one too, because the node could
/// still claim it.
/// </summary>
/// <remarks>
/// One encoding, version 1, big endian:
/// <code>
/// "CVEB" ‖ version u8 ‖ parts u8 ‖ refusal u16 ‖ chain id u64 ‖ Vouchers 20 ‖ Providers 20
///   ‖ Class 108 ‖ Channel 124 ‖ Order, signed 225
///   ‖ [1] Accept 104 ‖ [2] Cancel 96 ‖ [4] Receipt 180 ‖ [8] TraceRoot 132 ‖ [16] Ack 120, signed
///   ‖ length u32 ‖ input ‖ [32] length u32 ‖ output
///   ‖ [64] Receipt 180 ‖ [128] TraceRoot 132, signed, that differ from the first
///   ‖ keccak of all before
/// </code>
/// A part in brackets is there when its bit is set in `parts`. Statements are as PROTOCOL.md has
/// them. The hash finds damage; what a signature is worth, <see cref="Check"/> says.
/// </remarks>
public sealed record EvidenceBundle
{
    /// <summary>Longest input, bytes: the longest frame of the wire.</summary>
    public const int InputBytesMax = 1 << 20;

    /// <summary>Longest output that is kept, bytes: what a court takes in a transaction. A longer
    /// one is left out; its root is in the receipt.</summary>
    public const int OutputBytesMax = 64 << 10;

    /// <summary>Of the layout above; raised when a part changes. A new part has a bit of its own,
    /// which a program that does not know it refuses.</summary>
    private const byte LayoutVersion = 1;

    private const int HeadBytes = 4 + 1 + 1 + 2 + 8 + 2 * Address.Size;

    private static ReadOnlySpan<byte> Magic => "CVEB"u8;

    /// <summary>Longest encoding: what a reader takes at most.</summary>
    public static int BytesMax { get; } = HeadBytes + VoucherClass.PayloadBytes
        + ChannelTerms.PayloadBytes + SignedPayload.Bytes<Order>() + SignedPayload.Bytes<Accept>()
        + SignedPayload.Bytes<Cancel>() + SignedPayload.Bytes<Receipt>()
        + SignedPayload.Bytes<TraceRootStatement>() + SignedPayload.Bytes<Ack>()
        + sizeof(uint) + InputBytesMax + sizeof(uint) + OutputBytesMax
        + SignedPayload.Bytes<Receipt>() + SignedPayload.Bytes<TraceRootStatement>()
        + Bytes32.Size;

    public required VoucherDomain Domain { get; init; }

    public required VoucherClass Class { get; init; }

    public required ChannelTerms Channel { get; init; }

    /// <summary>The order, signed by the spend key.</summary>
    public required ReadOnlyMemory<byte> Order { get; init; }

    public required ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Number of the node's refusal; 0 without one.</summary>
    public ushort Refusal { get; init; }

    /// <summary>Signed by the node; empty without one, as all of the following.</summary>
    public ReadOnlyMemory<byte> Accept { get; init; }

    /// <summary>Signed by the spend key, and sent.</summary>
    public ReadOnlyMemory<byte> Cancel { get; init; }

    /// <summary>Signed by the node, right or wrong; the first that came.</summary>
    public ReadOnlyMemory<byte> Receipt { get; init; }

    /// <summary>Signed by the node on demand; the first that came.</summary>
    public ReadOnlyMemory<byte> TraceRoot { get; init; }

    /// <summary>A later receipt that says something else.</summary>
    public ReadOnlyMemory<byte> OtherReceipt { get; init; }

    /// <summary>A later trace root that says something else.</summary>
    public ReadOnlyMemory<byte> OtherTraceRoot { get; init; }

    /// <summary>An ack that pays for the order, signed by the spend key.</summary>
    public ReadOnlyMemory<byte> Ack { get; init; }

    /// <summary>The answer as it came; null without one, or where it is too long.</summary>
    public ReadOnlyMemory<byte>? Output { get; init; }

    /// <summary>The order, read.</summary>
    /// <exception cref="FormatException">Not an order.</exception>
    public Order Ordered() => SignedPayload.Decode(Order.Span, out Order order, out _)
        == RefusalReason.None ? order : throw new FormatException("evidence without an order");

    /// <summary>The bytes.</summary>
    /// <exception cref="ArgumentException">Input or output is too long.</exception>
    public byte[] Encode()
    {
        if (Input.Length > InputBytesMax || Output?.Length > OutputBytesMax)
        {
            throw new ArgumentException(
                $"evidence with {Input.Length} bytes of input and {Output?.Length} of output");
        }

        EvidenceWriter writer = new();
        writer.Bytes(Magic);
        writer.Bytes([LayoutVersion, (byte)Parts]);
        writer.Number(Refusal, sizeof(ushort));
        writer.Number(Domain.ChainId, sizeof(ulong));
        writer.Bytes(Domain.Vouchers.ToArray());
        writer.Bytes(Domain.Providers.ToArray());
        writer.Struct(Class);
        writer.Struct(Channel);
        ReadOnlyMemory<byte>[] signed = [Order, Accept, Cancel, Receipt, TraceRoot, Ack];
        Array.ForEach(signed, part => writer.Bytes(part.Span));

        writer.Long(Input.Span);
        if (Output is { } output)
        {
            writer.Long(output.Span);
        }

        writer.Bytes(OtherReceipt.Span);
        writer.Bytes(OtherTraceRoot.Span);
        return writer.Seal();
    }

    /// <summary>Reads exactly what <see cref="Encode"/> writes; no byte may differ.</summary>
    /// <exception cref="FormatException">Damaged, of another version, too long, or its parts are
    /// not about one order.</exception>
    public static EvidenceBundle Decode(ReadOnlyMemory<byte> bytes)
    {
        EvidenceReader reader = new(bytes, BytesMax);
        Require(reader.Bytes(Magic.Length).Span.SequenceEqual(Magic), "no bundle of evidence");
        byte version = (byte)reader.Number(1);
        Require(version == LayoutVersion, $"layout {version}, this program knows {LayoutVersion}");
        EvidenceParts parts = (EvidenceParts)reader.Number(1);
        ushort refusal = (ushort)reader.Number(sizeof(ushort));
        VoucherDomain domain = new(
            reader.Number(sizeof(ulong)), new Address(reader.Bytes(Address.Size).Span),
            new Address(reader.Bytes(Address.Size).Span));
        EvidenceBundle bundle = new()
        {
            Refusal = refusal,
            Domain = domain,
            Class = reader.Struct<VoucherClass>(),
            Channel = reader.Struct<ChannelTerms>(),
            Order = reader.Signed<Order>(true),
            Accept = reader.Signed<Accept>(parts.HasFlag(EvidenceParts.Accept)),
            Cancel = reader.Signed<Cancel>(parts.HasFlag(EvidenceParts.Cancel)),
            Receipt = reader.Signed<Receipt>(parts.HasFlag(EvidenceParts.Receipt)),
            TraceRoot = reader.Signed<TraceRootStatement>(parts.HasFlag(EvidenceParts.TraceRoot)),
            Ack = reader.Signed<Ack>(parts.HasFlag(EvidenceParts.Ack)),
            Input = reader.Long(InputBytesMax),
            // The type is named because a null array would become a memory that is there, empty.
            Output = parts.HasFlag(EvidenceParts.Output)
                ? reader.Long(OutputBytesMax)
                : (ReadOnlyMemory<byte>?)null,
            OtherReceipt = reader.Signed<Receipt>(parts.HasFlag(EvidenceParts.OtherReceipt)),
            OtherTraceRoot = reader.Signed<TraceRootStatement>(
                parts.HasFlag(EvidenceParts.OtherTraceRoot)),
        };
        reader.End();
        Require(bundle.IsOfOneOrder(), "its parts are not about one order");
        return bundle;
    }

    /// <summary>Which parts a bundle has, from its first bytes.</summary>
    /// <param name="head">At least 6 bytes of it.</param>
    public static bool HasAck(ReadOnlySpan<byte> head) => head.Length >= Magic.Length + 2
        && ((EvidenceParts)head[Magic.Length + 1] & EvidenceParts.Ack) != 0;

    /// <summary>Whether everything in it was signed by whom the channel names.</summary>
    /// <returns>The first fault, or <see cref="RefusalReason.None"/>.</returns>
    public RefusalReason Check()
    {
        RefusalReason[] faults =
        [
            Signer<Order>(Order, Channel.SpendKey), Signer<Accept>(Accept, Channel.Node),
            Signer<Cancel>(Cancel, Channel.SpendKey), Signer<Receipt>(Receipt, Channel.Node),
            Signer<TraceRootStatement>(TraceRoot, Channel.Node),
            Signer<Ack>(Ack, Channel.SpendKey), Signer<Receipt>(OtherReceipt, Channel.Node),
            Signer<TraceRootStatement>(OtherTraceRoot, Channel.Node),
        ];
        return Array.Find(faults, fault => fault != RefusalReason.None);
    }

    /// <summary>With a receipt that the node signed. The first stays, or the node could send
    /// another one to erase it; of those that differ the one is kept that proves most.</summary>
    /// <param name="signed">Of this order and node; right or wrong.</param>
    /// <param name="output">The answer that came with it; null without one.</param>
    public EvidenceBundle WithReceipt(ReadOnlyMemory<byte> signed, ReadOnlyMemory<byte>? output)
    {
        output = output?.Length > OutputBytesMax ? null : output;
        if (Receipt.IsEmpty)
        {
            return this with { Receipt = signed, Output = output };
        }

        Receipt first = Read<Receipt>(Receipt);
        Receipt next = Read<Receipt>(signed);
        bool isBetter = OtherReceipt.IsEmpty
            || (ReceiptCheck.IsEquivocation(first, next)
                && !ReceiptCheck.IsEquivocation(first, Read<Receipt>(OtherReceipt)));
        return next == first
            ? Output is null && output is not null ? this with { Output = output } : this
            : isBetter ? this with { OtherReceipt = signed } : this;
    }

    /// <summary>With a trace root that the node signed; as <see cref="WithReceipt"/>.</summary>
    public EvidenceBundle WithTraceRoot(ReadOnlyMemory<byte> signed)
    {
        if (TraceRoot.IsEmpty)
        {
            return this with { TraceRoot = signed };
        }

        TraceRootStatement first = Read<TraceRootStatement>(TraceRoot);
        TraceRootStatement next = Read<TraceRootStatement>(signed);
        bool isBetter = OtherTraceRoot.IsEmpty || (next.Steps == first.Steps
            && Read<TraceRootStatement>(OtherTraceRoot).Steps != first.Steps);
        return next != first && isBetter ? this with { OtherTraceRoot = signed } : this;
    }

    /// <summary>Whether two statements of the node contradict each other: two receipts, two trace
    /// roots, or one of each, of the same steps.</summary>
    public bool IsEquivocation()
    {
        List<Receipt> receipts = All<Receipt>(Receipt, OtherReceipt);
        List<TraceRootStatement> roots = All<TraceRootStatement>(TraceRoot, OtherTraceRoot);
        return (receipts.Count == 2 && ReceiptCheck.IsEquivocation(receipts[0], receipts[1]))
            || (roots.Count == 2 && roots[0].Steps == roots[1].Steps && roots[0] != roots[1])
            || receipts.Exists(receipt => !receipt.TraceRoot.IsZero && roots.Exists(
                root => root.Steps == receipt.Steps && root.TraceRoot != receipt.TraceRoot));
    }

    private EvidenceParts Parts => (Accept.IsEmpty ? 0 : EvidenceParts.Accept)
        | (Cancel.IsEmpty ? 0 : EvidenceParts.Cancel)
        | (Receipt.IsEmpty ? 0 : EvidenceParts.Receipt)
        | (TraceRoot.IsEmpty ? 0 : EvidenceParts.TraceRoot)
        | (Ack.IsEmpty ? 0 : EvidenceParts.Ack)
        | (Output is null ? 0 : EvidenceParts.Output)
        | (OtherReceipt.IsEmpty ? 0 : EvidenceParts.OtherReceipt)
        | (OtherTraceRoot.IsEmpty ? 0 : EvidenceParts.OtherTraceRoot);

    private bool IsOfOneOrder()
    {
        Order order = Ordered();
        Bytes32 hash = order.HashStruct();
        return order.Channel == Channel.HashStruct() && Channel.ClassId == Class.HashStruct()
            && Of<Accept>(Accept, static (in part) => part.OrderHash, hash)
            && Of<Cancel>(Cancel, static (in part) => part.OrderHash, hash)
            && Of<Receipt>(Receipt, static (in part) => part.OrderHash, hash)
            && Of<TraceRootStatement>(TraceRoot, static (in part) => part.OrderHash, hash)
            && Of<Ack>(Ack, static (in part) => part.Channel, order.Channel)
            && Of<Receipt>(OtherReceipt, static (in part) => part.OrderHash, hash)
            && Of<TraceRootStatement>(
                OtherTraceRoot, static (in part) => part.OrderHash, hash);
    }

    private static T Read<T>(ReadOnlyMemory<byte> signed)
        where T : struct, ISignedStruct<T> =>
        SignedPayload.Decode(signed.Span, out T value, out _) == RefusalReason.None
            ? value
            : throw new FormatException($"evidence: not a {T.TypeName}");

    private static List<T> All<T>(params ReadOnlySpan<ReadOnlyMemory<byte>> signed)
        where T : struct, ISignedStruct<T>
    {
        List<T> all = [];
        foreach (ReadOnlyMemory<byte> part in signed)
        {
            if (!part.IsEmpty)
            {
                all.Add(Read<T>(part));
            }
        }

        return all;
    }

    private static bool Of<T>(ReadOnlyMemory<byte> part, About<T> about, in Bytes32 what)
        where T : struct, ISignedStruct<T> => part.IsEmpty
            || (SignedPayload.Decode(part.Span, out T value, out _) == RefusalReason.None
                && about(value) == what);

    private RefusalReason Signer<T>(ReadOnlyMemory<byte> part, in Address signer)
        where T : struct, ISignedStruct<T>
    {
        if (part.IsEmpty)
        {
            return RefusalReason.None;
        }

        RefusalReason fault = SignedPayload.Decode(part.Span, out T value, out Signature signature);
        return fault != RefusalReason.None
            ? fault
            : SignedPayload.CheckSigner(
                value.HashStruct(), signature, Domain.VouchersSeparator, signer);
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new FormatException($"evidence: {what}");
        }
    }

    private delegate Bytes32 About<T>(in T part)
        where T : struct;
}

/// <summary>Parts of a bundle that may be missing. Stored: numbers are frozen.</summary>
[Flags]
internal enum EvidenceParts : byte
{
    Accept = 1,
    Cancel = 2,
    Receipt = 4,
    TraceRoot = 8,
    Ack = 16,
    Output = 32,
    OtherReceipt = 64,
    OtherTraceRoot = 128,
}
