using System;
using System.Buffers.Binary;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// The commit number and, of each table, the number of rows and the sum of their digests modulo
/// 2^128. Written with every transaction.
/// </summary>
internal sealed class TableSums
{
    /// <summary>Commit u64, then count u64 and sum u128 of each table; little endian.</summary>
    public const int Size = sizeof(ulong) + Tables.Count * (sizeof(ulong) + RowDigest.Size);

    private readonly ulong[] _counts = new ulong[Tables.Count + 1];
    private readonly UInt128[] _sums = new UInt128[Tables.Count + 1];

    public ulong Commit { get; set; }

    public void Add(Table table, UInt128 digest)
    {
        _counts[(int)table]++;
        _sums[(int)table] = unchecked(_sums[(int)table] + digest);
    }

    public void Remove(Table table, UInt128 digest)
    {
        _counts[(int)table]--;
        _sums[(int)table] = unchecked(_sums[(int)table] - digest);
    }

    public ulong Count(Table table) => _counts[(int)table];

    public bool Matches(Table table, TableSums other) =>
        _counts[(int)table] == other._counts[(int)table]
        && _sums[(int)table] == other._sums[(int)table];

    public void Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(body, Commit);
        int at = sizeof(ulong);
        foreach (Table table in Tables.All)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(body[at..], _counts[(int)table]);
            BinaryPrimitives.WriteUInt128LittleEndian(body[(at + 8)..], _sums[(int)table]);
            at += sizeof(ulong) + RowDigest.Size;
        }
    }

    /// <summary>
    /// Reads what <see cref="Write"/> wrote; body has exactly <see cref="Size"/> bytes.
    /// </summary>
    public static TableSums Read(ReadOnlySpan<byte> body)
    {
        TableSums sums = new() { Commit = BinaryPrimitives.ReadUInt64LittleEndian(body) };
        int at = sizeof(ulong);
        foreach (Table table in Tables.All)
        {
            sums._counts[(int)table] = BinaryPrimitives.ReadUInt64LittleEndian(body[at..]);
            sums._sums[(int)table] = BinaryPrimitives.ReadUInt128LittleEndian(body[(at + 8)..]);
            at += sizeof(ulong) + RowDigest.Size;
        }

        return sums;
    }
}
