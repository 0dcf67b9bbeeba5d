using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A redemption.</summary>
/// <param name="BatchId">0 where the class has no court and the provider has earned
/// <paramref name="Paid"/> at once.</param>
/// <param name="Bitmap">Bit i is set where row i moved its channel forward.</param>
/// <param name="Units">Units burned.</param>
/// <param name="Paid">Token base units.</param>
public sealed record BatchRedeemedEvent(
    Address Provider, Bytes32 ClassId, UInt256 BatchId, UInt256 Bitmap, UInt256 Units, UInt256 Paid)
{
    /// <summary>First topic of the log.</summary>
    public static Bytes32 Topic => VouchersAbi.BatchRedeemed.Topic;

    /// <summary>The event of <paramref name="contract"/> in a receipt, where there is one.
    /// </summary>
    public static bool TryFind(
        TransactionReceipt receipt, Address contract, out BatchRedeemedEvent redeemed)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        redeemed = null!;
        foreach (LogEntry log in receipt.Logs)
        {
            if (log.Contract == contract && !log.IsRemoved
                && log.TransactionHash == receipt.TransactionHash && TryRead(log, out redeemed))
            {
                return true;
            }
        }

        return false;
    }

    public static bool TryRead(LogEntry log, out BatchRedeemedEvent redeemed)
    {
        ArgumentNullException.ThrowIfNull(log);
        redeemed = null!;
        if (log.Topics.Length != 4 || log.Topics[0] != Topic)
        {
            return false;
        }

        try
        {
            AbiReader data = new(log.Data);
            redeemed = new BatchRedeemedEvent(
                new AbiReader(log.Topics[1].Span).ReadAddress(),
                log.Topics[2],
                UInt256.FromBigEndian(log.Topics[3].Span),
                data.ReadUInt256(),
                data.ReadUInt256(),
                data.ReadUInt256());
            return data.IsAtEnd;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
