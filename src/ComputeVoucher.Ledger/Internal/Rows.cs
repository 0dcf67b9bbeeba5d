using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// Bodies of the rows, big endian like the signed payloads that most of them are. Readers throw
/// <see cref="FormatException"/>: a row with a right digest and a wrong shape is a bug or a
/// forgery.
/// </summary>
internal static class Rows
{
    public const int SlotBytes = Bytes32.Size + sizeof(ulong);

    private const int OrderTailBytes = 1 + 16;
    private static readonly int s_channelFixedBytes =
        ChannelTerms.PayloadBytes + 1 + 16 + 16 + 8 + 3 * 16;

    /// <summary>channel ‖ seq: sorts as the sequences do.</summary>
    public static byte[] Slot(in Bytes32 channel, ulong seq)
    {
        byte[] slot = new byte[SlotBytes];
        channel.CopyTo(slot);
        BinaryPrimitives.WriteUInt64BigEndian(slot.AsSpan(Bytes32.Size), seq);
        return slot;
    }

    public static byte[] Order(OpenOrder order)
    {
        int head = SignedPayload.Bytes<Order>();
        byte[] body = new byte[head + OrderTailBytes];
        SignedPayload.Encode(order.Order, order.Signature, body);
        body[head] = (byte)order.State;
        BinaryPrimitives.WriteUInt128BigEndian(body.AsSpan(head + 1), order.Units);
        return body;
    }

    public static OpenOrder Order(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body)
    {
        int head = SignedPayload.Bytes<Order>();
        Require(body.Length == head + OrderTailBytes, "order");
        (Order order, Signature signature) = Signed<Order>(body[..head]);
        OrderState state = (OrderState)body[head];
        Require(state is >= OrderState.Reserved and <= OrderState.Released, "order state");
        return new OpenOrder(order, new Bytes32(key), signature)
        {
            State = state,
            Units = BinaryPrimitives.ReadUInt128BigEndian(body[(head + 1)..]),
        };
    }

    public static (T Value, Signature Signature) Signed<T>(ReadOnlySpan<byte> body)
        where T : struct, ISignedStruct<T>
    {
        Require(body.Length == SignedPayload.Bytes<T>(), T.TypeName);
        ReadOnlySpan<byte> payload = body[..^Signature.Size];
        Require(FieldList.TryDecode(payload, out T value), T.TypeName);
        return (value, new Signature(body[payload.Length..]));
    }

    public static byte[] Cancel(in Cancel cancel, in Signature signature, uint steps)
    {
        int head = SignedPayload.Bytes<Cancel>();
        byte[] body = new byte[head + sizeof(uint)];
        SignedPayload.Encode(cancel, signature, body);
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(head), steps);
        return body;
    }

    public static uint CancelSteps(ReadOnlySpan<byte> body)
    {
        Require(body.Length == SignedPayload.Bytes<Cancel>() + sizeof(uint), "cancel");
        return BinaryPrimitives.ReadUInt32BigEndian(body[^sizeof(uint)..]);
    }

    public static (Cancel Value, Signature Signature) Cancel(ReadOnlySpan<byte> body)
    {
        Require(body.Length == SignedPayload.Bytes<Cancel>() + sizeof(uint), "cancel");
        return Signed<Cancel>(body[..^sizeof(uint)]);
    }

    public static byte[] Channel(ChannelRow row, in PrunedSums pruned)
    {
        byte[] body = new byte[s_channelFixedBytes + row.Mirror.Length];
        row.Terms.Encode(body);
        Span<byte> rest = body.AsSpan(ChannelTerms.PayloadBytes);
        rest[0] = (byte)row.Status;
        BinaryPrimitives.WriteUInt128BigEndian(rest[1..], row.Locked);
        BinaryPrimitives.WriteUInt128BigEndian(rest[17..], row.Redeemed);
        BinaryPrimitives.WriteUInt64BigEndian(rest[33..], row.ThawAt);
        BinaryPrimitives.WriteUInt128BigEndian(rest[41..], pruned.Accepted);
        BinaryPrimitives.WriteUInt128BigEndian(rest[57..], pruned.Settled);
        BinaryPrimitives.WriteUInt128BigEndian(rest[73..], pruned.Released);
        row.Mirror.Span.CopyTo(rest[89..]);
        return body;
    }

    public static (ChannelRow Row, PrunedSums Pruned) Channel(ReadOnlySpan<byte> body)
    {
        Require(body.Length >= s_channelFixedBytes, "channel");
        Require(
            ChannelTerms.TryDecode(body[..ChannelTerms.PayloadBytes], out ChannelTerms terms),
            "channel");
        ReadOnlySpan<byte> rest = body[ChannelTerms.PayloadBytes..];
        ChannelRow row = new()
        {
            Terms = terms,
            Status = (ChannelStatus)rest[0],
            Locked = BinaryPrimitives.ReadUInt128BigEndian(rest[1..]),
            Redeemed = BinaryPrimitives.ReadUInt128BigEndian(rest[17..]),
            ThawAt = BinaryPrimitives.ReadUInt64BigEndian(rest[33..]),
            Mirror = rest[89..].ToArray(),
        };
        PrunedSums pruned = new(
            BinaryPrimitives.ReadUInt128BigEndian(rest[41..]),
            BinaryPrimitives.ReadUInt128BigEndian(rest[57..]),
            BinaryPrimitives.ReadUInt128BigEndian(rest[73..]));
        return (row, pruned);
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new FormatException($"a stored {what} has a wrong shape");
        }
    }
}
