using System;
using System.Buffers.Binary;
using System.Text;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>The bytes that the ledger keeps of a request and its outcome without reading them.
/// </summary>
/// <remarks>Version 1, little endian: version u8, outcome u8, flags u8 (1 has a to, 2 urgent, 4
/// has a topic, 8 has a contract), kind (u8 length, ASCII), key (u8 length, ASCII), to 20, value
/// u128, gas u64, cost cap u128, urgent cost cap u128, topic 32, contract 20, data
/// (u32 length, bytes). Absent fields are zero.</remarks>
internal static class OutboxRow
{
    private const byte Version = 1;
    private const int FixedBytes = 3 + 1 + 1 + 20 + 16 + 8 + 16 + 16 + 32 + 20 + 4;
    private const int KindCharsMax = 32;
    private const int KeyCharsMax = 128;

    public static byte[] Encode(OutboxItem item)
    {
        OutboxRequest request = item.Request;
        byte[] kind = Ascii(request.Kind, KindCharsMax);
        byte[] key = Ascii(request.Key, KeyCharsMax);
        byte[] row = new byte[FixedBytes + kind.Length + key.Length + request.Data.Length];
        Span<byte> rest = row;
        Put(ref rest, [Version, (byte)item.Outcome, Flags(request)]);
        Put(ref rest, [(byte)kind.Length]);
        Put(ref rest, kind);
        Put(ref rest, [(byte)key.Length]);
        Put(ref rest, key);
        Put(ref rest, (request.To ?? default).ToArray());
        Put(ref rest, request.Value);
        Put(ref rest, request.GasLimit);
        Put(ref rest, request.CostMaxWei);
        Put(ref rest, request.UrgentCostMaxWei);
        Put(ref rest, (request.ExpectedTopic ?? default).ToArray());
        Put(ref rest, (request.ExpectedContract ?? default).ToArray());
        BinaryPrimitives.WriteInt32LittleEndian(rest, request.Data.Length);
        request.Data.CopyTo(rest[4..]);
        return row;
    }

    /// <summary>The item without what the ledger keeps in columns of its own.</summary>
    /// <exception cref="ChainException">Not what <see cref="Encode"/> writes.</exception>
    public static OutboxItem Decode(long id, Address from, ReadOnlySpan<byte> row)
    {
        ReadOnlySpan<byte> rest = row;
        ReadOnlySpan<byte> head = Take(ref rest, 3, id);
        byte flags = head[2];
        bool isKnown = head[0] == Version && flags < 16
            && head[1] <= (byte)OutboxOutcome.Refused;
        if (!isKnown)
        {
            throw Damaged(id);
        }

        string kind = Encoding.ASCII.GetString(Take(ref rest, Take(ref rest, 1, id)[0], id));
        string key = Encoding.ASCII.GetString(Take(ref rest, Take(ref rest, 1, id)[0], id));
        Address to = new(Take(ref rest, Address.Size, id));
        UInt128 value = TakeUInt128(ref rest, id);
        ulong gas = BinaryPrimitives.ReadUInt64LittleEndian(Take(ref rest, 8, id));
        UInt128 cap = TakeUInt128(ref rest, id);
        UInt128 urgentCap = TakeUInt128(ref rest, id);
        Bytes32 topic = new(Take(ref rest, Bytes32.Size, id));
        Address contract = new(Take(ref rest, Address.Size, id));
        if (BinaryPrimitives.ReadInt32LittleEndian(Take(ref rest, 4, id)) != rest.Length)
        {
            throw Damaged(id);
        }

        OutboxRequest request = new()
        {
            Kind = kind,
            Key = key,
            To = (flags & 1) != 0 ? to : null,
            Value = value,
            GasLimit = gas,
            CostMaxWei = cap,
            UrgentCostMaxWei = urgentCap,
            IsUrgent = (flags & 2) != 0,
            ExpectedTopic = (flags & 4) != 0 ? topic : null,
            ExpectedContract = (flags & 8) != 0 ? contract : null,
            Data = rest.ToArray(),
        };
        OutboxOutcome outcome = (OutboxOutcome)head[1];
        return new OutboxItem
        {
            Id = id,
            From = from,
            Request = request,
            Outcome = outcome,
        };
    }

    private static byte Flags(OutboxRequest request) => (byte)(
        (request.To is null ? 0 : 1)
        | (request.IsUrgent ? 2 : 0)
        | (request.ExpectedTopic is null ? 0 : 4)
        | (request.ExpectedContract is null ? 0 : 8));

    private static byte[] Ascii(string text, int charsMax) =>
        text.Length <= charsMax && System.Text.Ascii.IsValid(text)
            ? Encoding.ASCII.GetBytes(text)
            : throw new ArgumentException($"kind or key above {charsMax} ASCII characters");

    private static void Put(ref Span<byte> rest, scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }

    private static void Put(ref Span<byte> rest, UInt128 value)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(rest, value);
        rest = rest[16..];
    }

    private static void Put(ref Span<byte> rest, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(rest, value);
        rest = rest[8..];
    }

    private static UInt128 TakeUInt128(ref ReadOnlySpan<byte> rest, long id) =>
        BinaryPrimitives.ReadUInt128LittleEndian(Take(ref rest, 16, id));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int count, long id)
    {
        if (rest.Length < count)
        {
            throw Damaged(id);
        }

        ReadOnlySpan<byte> taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private static ChainException Damaged(long id) =>
        new(
            ChainFault.Malformed,
            $"outbox row {id}: not a row of version {Version}; restore the ledger's backup");
}
