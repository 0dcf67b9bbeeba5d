using System;
using System.Buffers.Binary;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A redemption went into escrow, or a part of one into a batch of its own.</summary>
/// <param name="MaturesAt">Unix seconds from which it may be released.</param>
/// <param name="Records">What a court has to be shown with a refund, a deferral or a finality.
/// </param>
public sealed record BatchEscrowedEvent(ulong BatchId, ulong MaturesAt, byte[] Records)
{
    /// <summary>First topic of the log.</summary>
    public static Bytes32 Topic => VouchersAbi.BatchEscrowed.Topic;

    public static bool TryRead(LogEntry log, out BatchEscrowedEvent escrowed)
    {
        ArgumentNullException.ThrowIfNull(log);
        escrowed = null!;
        if (log.Topics.Length != 2 || log.Topics[0] != Topic)
        {
            return false;
        }

        try
        {
            AbiReader data = new(log.Data);
            escrowed = new BatchEscrowedEvent(
                new AbiReader(log.Topics[1].Span).ReadUInt64(),
                data.ReadUInt64(),
                data.ReadBytes().ToArray());
            return escrowed.Records.Length % BatchRecord.Bytes == 0;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>The rows; one that moved nothing is void.</summary>
    public BatchRecord[] Rows()
    {
        BatchRecord[] rows = new BatchRecord[Records.Length / BatchRecord.Bytes];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = BatchRecord.Read(Records.AsSpan(i * BatchRecord.Bytes, BatchRecord.Bytes));
        }

        return rows;
    }
}

/// <summary>What one row of a batch moved: IVouchers.sol, BatchEscrowed.</summary>
/// <param name="Before">Cumulative units that were paid before.</param>
/// <param name="After">Cumulative units that are paid now.</param>
/// <param name="NextSeq">Of the ack; 0 of what a court advanced.</param>
public readonly record struct BatchRecord(
    Bytes32 Channel, UInt128 Before, UInt128 After, ulong NextSeq)
{
    /// <summary>Channel 32, units before 16, units after 16, nextSeq 8, big endian.</summary>
    internal const int Bytes = 72;

    internal static BatchRecord Read(ReadOnlySpan<byte> record) => new(
        new Bytes32(record[..32]),
        BinaryPrimitives.ReadUInt128BigEndian(record[32..]),
        BinaryPrimitives.ReadUInt128BigEndian(record[48..]),
        BinaryPrimitives.ReadUInt64BigEndian(record[64..]));
}
