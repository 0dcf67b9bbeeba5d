using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// The outbox row of schema 1, frozen: state u8, kind length u8, from 20, nonce flag u8, nonce u64,
/// mined block u64, its hash 32, mined transaction 32, created u64, intent length i32, attempts
/// u16; then kind, intent and of each attempt hash 32, length i32, bytes. Big endian.
/// </summary>
internal static class SchemaOneOutbox
{
    private const int FixedBytes = 117;
    private const int AttemptBytes = Bytes32.Size + sizeof(int);

    /// <exception cref="FormatException">The body has a wrong shape.</exception>
    public static OutboxEntryV1 Read(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body)
    {
        Require(key.Length == sizeof(long) && body.Length >= FixedBytes);
        int kindBytes = body[1];
        int intentBytes = BinaryPrimitives.ReadInt32BigEndian(body[111..]);
        int attempts = BinaryPrimitives.ReadUInt16BigEndian(body[115..]);
        ReadOnlySpan<byte> rest = body[FixedBytes..];
        Require(intentBytes >= 0 && rest.Length - kindBytes >= intentBytes);
        return new OutboxEntryV1(
            BinaryPrimitives.ReadInt64BigEndian(key),
            Encoding.ASCII.GetString(rest[..kindBytes]),
            rest.Slice(kindBytes, intentBytes).ToArray(),
            (OutboxState)body[0],
            new Address(body.Slice(2, Address.Size)),
            body[22] == 0 ? null : BinaryPrimitives.ReadUInt64BigEndian(body[23..]),
            Attempts(rest[(kindBytes + intentBytes)..], attempts),
            BinaryPrimitives.ReadUInt64BigEndian(body[31..]),
            new Bytes32(body.Slice(39, Bytes32.Size)),
            new Bytes32(body.Slice(71, Bytes32.Size)),
            BinaryPrimitives.ReadUInt64BigEndian(body[103..]));
    }

    private static List<OutboxAttemptV1> Attempts(ReadOnlySpan<byte> rest, int count)
    {
        List<OutboxAttemptV1> attempts = [];
        for (int i = 0; i < count; i++)
        {
            Require(rest.Length >= AttemptBytes);
            int bytes = BinaryPrimitives.ReadInt32BigEndian(rest[Bytes32.Size..]);
            ReadOnlySpan<byte> raw = rest[AttemptBytes..];
            Require(bytes >= 0 && bytes <= raw.Length);
            attempts.Add(new OutboxAttemptV1(new Bytes32(rest[..32]), raw[..bytes].ToArray()));
            rest = raw[bytes..];
        }

        Require(rest.IsEmpty);
        return attempts;
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new FormatException("a stored outbox entry has a wrong shape");
        }
    }
}
