using System;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// The check of a row: XxHash128 of table u8 ‖ key length ‖ slot length ‖ body length (i32 each,
/// little endian) ‖ key ‖ slot ‖ body. SQLite has no page checksums, so rot inside a row would be
/// served as truth.
/// </summary>
/// <remarks>
/// A digest against rot and not against an attacker: whoever can write the file can write digests
/// too, whatever the hash, so a cryptographic one would only be slower. What must withstand an
/// attacker carries a signature inside the body. The sum of all digests of a table is stored with
/// each commit, so that a lost, doubled or stale row is found too.
/// </remarks>
internal static class RowDigest
{
    public const int Size = 16;

    private const int HeadBytes = 1 + 3 * sizeof(int);

    // The writer's and each reader's own: a row must not cost an allocation.
    [ThreadStatic]
    private static XxHash128? t_hash;

    public static UInt128 Of(
        Table table,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> slot,
        ReadOnlySpan<byte> body)
    {
        XxHash128 hash = t_hash ??= new XxHash128();
        Span<byte> head = stackalloc byte[HeadBytes];
        head[0] = (byte)table;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[5..], slot.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[9..], body.Length);
        hash.Reset();
        hash.Append(head);
        hash.Append(key);
        hash.Append(slot);
        hash.Append(body);
        return hash.GetCurrentHashAsUInt128();
    }
}
