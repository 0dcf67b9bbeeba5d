using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A court moved a part of what one row had paid into a batch of its own.</summary>
/// <param name="Amount">Token base units.</param>
public sealed record BatchSplitEvent(ulong BatchId, ulong Row, ulong NewBatchId, UInt128 Amount)
{
    /// <summary>First topic of the log.</summary>
    public static Bytes32 Topic => VouchersAbi.BatchSplit.Topic;

    public static bool TryRead(LogEntry log, out BatchSplitEvent split)
    {
        ArgumentNullException.ThrowIfNull(log);
        split = null!;
        if (log.Topics.Length != 4 || log.Topics[0] != Topic)
        {
            return false;
        }

        try
        {
            AbiReader data = new(log.Data);
            split = new BatchSplitEvent(
                new AbiReader(log.Topics[1].Span).ReadUInt64(),
                new AbiReader(log.Topics[2].Span).ReadUInt64(),
                new AbiReader(log.Topics[3].Span).ReadUInt64(),
                data.ReadUInt128());
            return data.IsAtEnd;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
