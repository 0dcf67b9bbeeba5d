using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>The body of an outbox row. One entry has one encoding, and no other bytes are read.
/// </summary>
/// <remarks>Big endian: state u8, outcome u8, flags u8 (1 has a to, 2 urgent, 4 has a topic, 8 has
/// a contract, 16 has a purpose), from 20, created at u64, mined block u64, its hash 32, mined
/// transaction 32, to 20, value u128, gas u64, cost cap u128, urgent cost cap u128, topic 32,
/// contract 20 (what is absent is zero, a cap all ones), kind (u8 length, ASCII), key (u8 length,
/// ASCII), data (u32 length); the purpose: class 32, count u16, per channel id 32 and units u128;
/// attempts: count u8, each nonce u64, maximum fee u128, priority fee u128, gas u64, hash 32, bytes
/// (u32 length).</remarks>
internal static class OutboxRows
{
    private const byte HasTo = 1;
    private const byte IsUrgent = 2;
    private const byte HasTopic = 4;
    private const byte HasContract = 8;
    private const byte HasPurpose = 16;
    private const byte AllFlags = 31;

    // No fee is so high: it stands for the absence of a cap, which 0 does not.
    private static readonly UInt128 s_noCap = UInt128.MaxValue;

    public static byte[] Key(long id)
    {
        byte[] key = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(key, id);
        return key;
    }

    /// <summary>Whether every part is within its bound, and can be read back.</summary>
    public static bool Fits(OutboxEntry entry)
    {
        OutboxRequest request = entry.Request;
        bool fits = request.Kind.Length <= OutboxRequest.KindCharsMax
            && Ascii.IsValid(request.Kind)
            && request.Key.Length <= OutboxRequest.KeyCharsMax
            && Ascii.IsValid(request.Key)
            && request.Data.Length <= OutboxRequest.DataBytesMax
            && request.Purpose?.Channels.Count is null or (> 0 and <= RedemptionPurpose.ChannelsMax)
            && entry.Attempts.Count <= OutboxEntry.AttemptsMax
            && entry.State is >= OutboxState.Intent and <= OutboxState.Abandoned
            && entry.Outcome <= OutboxOutcome.NoEffect;
        foreach (OutboxAttempt attempt in entry.Attempts)
        {
            fits &= attempt.Raw.Length <= OutboxEntry.RawBytesMax
                && attempt.Nonce == entry.Nonce;
        }

        return fits;
    }

    public static byte[] Encode(OutboxEntry entry)
    {
        OutboxRequest request = entry.Request;
        ArrayBufferWriter<byte> row = new();
        row.Write([(byte)entry.State, (byte)entry.Outcome, Flags(request)]);
        row.Write(entry.From.ToArray());
        Put(row, entry.CreatedAt);
        Put(row, entry.MinedBlock);
        row.Write(entry.MinedBlockHash.ToArray());
        row.Write(entry.MinedTxHash.ToArray());
        row.Write((request.To ?? default).ToArray());
        Put(row, request.Value);
        Put(row, request.GasLimit);
        Put(row, request.CostMaxWei ?? s_noCap);
        Put(row, request.UrgentCostMaxWei ?? s_noCap);
        row.Write((request.ExpectedTopic ?? default).ToArray());
        row.Write((request.ExpectedContract ?? default).ToArray());
        Put(row, request.Kind);
        Put(row, request.Key);
        PutBytes(row, request.Data);
        if (request.Purpose is { } purpose)
        {
            Put(row, purpose);
        }

        row.Write([(byte)entry.Attempts.Count]);
        foreach (OutboxAttempt attempt in entry.Attempts)
        {
            Put(row, attempt.Nonce);
            Put(row, attempt.MaxFee);
            Put(row, attempt.PriorityFee);
            Put(row, attempt.GasLimit);
            row.Write(attempt.TxHash.ToArray());
            PutBytes(row, attempt.Raw.Span);
        }

        return row.WrittenSpan.ToArray();
    }

    /// <exception cref="FormatException">Not what <see cref="Encode"/> writes.</exception>
    public static OutboxEntry Decode(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        Require(key.Length == sizeof(long));
        ReadOnlySpan<byte> rest = row;
        OutboxState state = (OutboxState)Take(ref rest, 1)[0];
        OutboxOutcome outcome = (OutboxOutcome)Take(ref rest, 1)[0];
        byte flags = Take(ref rest, 1)[0];
        Require(flags <= AllFlags);
        OutboxEntry entry = new()
        {
            Id = BinaryPrimitives.ReadInt64BigEndian(key),
            State = state,
            Outcome = outcome,
            From = new Address(Take(ref rest, Address.Size)),
            CreatedAt = TakeUInt64(ref rest),
            MinedBlock = TakeUInt64(ref rest),
            MinedBlockHash = TakeHash(ref rest),
            MinedTxHash = TakeHash(ref rest),
            Request = TakeRequest(ref rest, flags),
            Attempts = TakeAttempts(ref rest),
        };
        Require(rest.IsEmpty && Fits(entry));
        return entry;
    }

    private static OutboxRequest TakeRequest(ref ReadOnlySpan<byte> rest, byte flags) => new()
    {
        To = TakeAddress(ref rest, (flags & HasTo) != 0),
        Value = TakeUInt128(ref rest),
        GasLimit = TakeUInt64(ref rest),
        CostMaxWei = TakeCap(ref rest),
        UrgentCostMaxWei = TakeCap(ref rest),
        ExpectedTopic = TakeTopic(ref rest, (flags & HasTopic) != 0),
        ExpectedContract = TakeAddress(ref rest, (flags & HasContract) != 0),
        Kind = TakeText(ref rest),
        Key = TakeText(ref rest),
        Data = TakeBytes(ref rest),
        Purpose = (flags & HasPurpose) != 0 ? TakePurpose(ref rest) : null,
        IsUrgent = (flags & IsUrgent) != 0,
    };

    private static RedemptionPurpose TakePurpose(ref ReadOnlySpan<byte> rest)
    {
        Bytes32 classId = TakeHash(ref rest);
        int count = BinaryPrimitives.ReadUInt16BigEndian(Take(ref rest, sizeof(ushort)));
        List<RedeemedUnits> channels = [];
        for (int i = 0; i < count; i++)
        {
            channels.Add(new RedeemedUnits(TakeHash(ref rest), TakeUInt128(ref rest)));
        }

        return new RedemptionPurpose(classId, channels);
    }

    private static List<OutboxAttempt> TakeAttempts(ref ReadOnlySpan<byte> rest)
    {
        int count = Take(ref rest, 1)[0];
        List<OutboxAttempt> attempts = [];
        for (int i = 0; i < count; i++)
        {
            attempts.Add(new OutboxAttempt(
                TakeUInt64(ref rest),
                TakeUInt128(ref rest),
                TakeUInt128(ref rest),
                TakeUInt64(ref rest),
                TakeHash(ref rest),
                TakeBytes(ref rest)));
        }

        return attempts;
    }

    private static byte Flags(OutboxRequest request) => (byte)(
        (request.To is null ? 0 : HasTo)
        | (request.IsUrgent ? IsUrgent : 0)
        | (request.ExpectedTopic is null ? 0 : HasTopic)
        | (request.ExpectedContract is null ? 0 : HasContract)
        | (request.Purpose is null ? 0 : HasPurpose));

    private static void Put(ArrayBufferWriter<byte> row, RedemptionPurpose purpose)
    {
        row.Write(purpose.ClassId.ToArray());
        BinaryPrimitives.WriteUInt16BigEndian(
            row.GetSpan(sizeof(ushort)), (ushort)purpose.Channels.Count);
        row.Advance(sizeof(ushort));
        foreach (RedeemedUnits units in purpose.Channels)
        {
            row.Write(units.Channel.ToArray());
            Put(row, units.CumUnits);
        }
    }

    private static void Put(ArrayBufferWriter<byte> row, ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(row.GetSpan(sizeof(ulong)), value);
        row.Advance(sizeof(ulong));
    }

    private static void Put(ArrayBufferWriter<byte> row, UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(row.GetSpan(16), value);
        row.Advance(16);
    }

    private static void Put(ArrayBufferWriter<byte> row, string ascii)
    {
        row.Write([(byte)ascii.Length]);
        row.Write(Encoding.ASCII.GetBytes(ascii));
    }

    private static void PutBytes(ArrayBufferWriter<byte> row, ReadOnlySpan<byte> bytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(row.GetSpan(sizeof(int)), bytes.Length);
        row.Advance(sizeof(int));
        row.Write(bytes);
    }

    private static Address? TakeAddress(ref ReadOnlySpan<byte> rest, bool isThere)
    {
        Address address = new(Take(ref rest, Address.Size));
        Require(isThere || address.IsZero);
        return isThere ? address : null;
    }

    private static Bytes32? TakeTopic(ref ReadOnlySpan<byte> rest, bool isThere)
    {
        Bytes32 topic = TakeHash(ref rest);
        Require(isThere || topic.IsZero);
        return isThere ? topic : null;
    }

    private static Bytes32 TakeHash(ref ReadOnlySpan<byte> rest) =>
        new(Take(ref rest, Bytes32.Size));

    private static ulong TakeUInt64(ref ReadOnlySpan<byte> rest) =>
        BinaryPrimitives.ReadUInt64BigEndian(Take(ref rest, sizeof(ulong)));

    private static UInt128 TakeUInt128(ref ReadOnlySpan<byte> rest) =>
        BinaryPrimitives.ReadUInt128BigEndian(Take(ref rest, 16));

    private static UInt128? TakeCap(ref ReadOnlySpan<byte> rest)
    {
        UInt128 cap = TakeUInt128(ref rest);
        return cap == s_noCap ? null : cap;
    }

    private static string TakeText(ref ReadOnlySpan<byte> rest)
    {
        ReadOnlySpan<byte> text = Take(ref rest, Take(ref rest, 1)[0]);
        Require(Ascii.IsValid(text));
        return Encoding.ASCII.GetString(text);
    }

    private static byte[] TakeBytes(ref ReadOnlySpan<byte> rest) =>
        Take(ref rest, BinaryPrimitives.ReadInt32BigEndian(Take(ref rest, sizeof(int)))).ToArray();

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int count)
    {
        Require(count >= 0 && count <= rest.Length);
        ReadOnlySpan<byte> taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new FormatException("a stored outbox entry has a wrong shape");
        }
    }
}
