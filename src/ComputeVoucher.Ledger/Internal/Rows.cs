using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
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
    private const int OutboxFixedBytes = 1 + 1 + 20 + 1 + 8 + 8 + 32 + 32 + 8 + 4 + 2;

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

    public static byte[] OutboxKey(long id)
    {
        byte[] key = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(key, id);
        return key;
    }

    public static byte[] Outbox(OutboxEntry entry)
    {
        int length = OutboxFixedBytes + entry.Kind.Length + entry.Intent.Length;
        foreach (OutboxAttempt attempt in entry.Attempts)
        {
            length += Bytes32.Size + sizeof(int) + attempt.Raw.Length;
        }

        byte[] body = new byte[length];
        Span<byte> rest = body;
        rest[0] = (byte)entry.State;
        rest[1] = (byte)entry.Kind.Length;
        entry.From.CopyTo(rest[2..]);
        rest[22] = entry.Nonce is null ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteUInt64BigEndian(rest[23..], entry.Nonce ?? 0);
        BinaryPrimitives.WriteUInt64BigEndian(rest[31..], entry.MinedBlock);
        entry.MinedBlockHash.CopyTo(rest[39..]);
        entry.MinedTxHash.CopyTo(rest[71..]);
        BinaryPrimitives.WriteUInt64BigEndian(rest[103..], entry.CreatedAt);
        BinaryPrimitives.WriteInt32BigEndian(rest[111..], entry.Intent.Length);
        BinaryPrimitives.WriteUInt16BigEndian(rest[115..], (ushort)entry.Attempts.Count);
        rest = rest[OutboxFixedBytes..];
        Encoding.ASCII.GetBytes(entry.Kind, rest);
        rest = rest[entry.Kind.Length..];
        entry.Intent.Span.CopyTo(rest);
        rest = rest[entry.Intent.Length..];
        foreach (OutboxAttempt attempt in entry.Attempts)
        {
            attempt.TxHash.CopyTo(rest);
            BinaryPrimitives.WriteInt32BigEndian(rest[Bytes32.Size..], attempt.Raw.Length);
            attempt.Raw.Span.CopyTo(rest[(Bytes32.Size + sizeof(int))..]);
            rest = rest[(Bytes32.Size + sizeof(int) + attempt.Raw.Length)..];
        }

        return body;
    }

    public static OutboxEntry Outbox(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body)
    {
        Require(key.Length == sizeof(long) && body.Length >= OutboxFixedBytes, "outbox entry");
        int kindBytes = body[1];
        int intentBytes = BinaryPrimitives.ReadInt32BigEndian(body[111..]);
        int attempts = BinaryPrimitives.ReadUInt16BigEndian(body[115..]);
        ReadOnlySpan<byte> rest = body[OutboxFixedBytes..];
        Require(intentBytes >= 0 && rest.Length - kindBytes >= intentBytes, "outbox entry");
        OutboxEntry entry = new()
        {
            Id = BinaryPrimitives.ReadInt64BigEndian(key),
            State = (OutboxState)body[0],
            Kind = Encoding.ASCII.GetString(rest[..kindBytes]),
            Intent = rest.Slice(kindBytes, intentBytes).ToArray(),
            From = new Address(body.Slice(2, Address.Size)),
            Nonce = body[22] == 0 ? null : BinaryPrimitives.ReadUInt64BigEndian(body[23..]),
            MinedBlock = BinaryPrimitives.ReadUInt64BigEndian(body[31..]),
            MinedBlockHash = new Bytes32(body.Slice(39, Bytes32.Size)),
            MinedTxHash = new Bytes32(body.Slice(71, Bytes32.Size)),
            CreatedAt = BinaryPrimitives.ReadUInt64BigEndian(body[103..]),
        };
        return entry with { Attempts = Attempts(rest[(kindBytes + intentBytes)..], attempts) };
    }

    private static List<OutboxAttempt> Attempts(ReadOnlySpan<byte> rest, int count)
    {
        List<OutboxAttempt> attempts = [];
        for (int i = 0; i < count; i++)
        {
            Require(rest.Length >= Bytes32.Size + sizeof(int), "outbox attempt");
            int bytes = BinaryPrimitives.ReadInt32BigEndian(rest[Bytes32.Size..]);
            ReadOnlySpan<byte> raw = rest[(Bytes32.Size + sizeof(int))..];
            Require(bytes >= 0 && bytes <= raw.Length, "outbox attempt");
            Bytes32 hash = new(rest[..Bytes32.Size]);
            attempts.Add(new OutboxAttempt(hash, raw[..bytes].ToArray()));
            rest = raw[bytes..];
        }

        Require(rest.IsEmpty, "outbox entry");
        return attempts;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new FormatException($"a stored {what} has a wrong shape");
        }
    }
}
