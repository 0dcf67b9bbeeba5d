using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Watcher;

/// <summary>What a conviction brings: the refund, the channel's share, and the fees that come back.
/// </summary>
internal sealed class Collection(JsonRpcClient rpc, WatchOptions options, WatchSend send)
{
    /// <summary>Of a rate: its denominator, see Rates.sol.</summary>
    private static readonly UInt256 s_rateScale = 100_000_000_000_000_000;

    private static readonly FunctionSelector s_refunded =
        FunctionSelector.Of("refunded(uint256,uint256)");

    /// <summary>Moves what is still in escrow of a convicted order back to its holder.</summary>
    /// <returns>Whether something was sent.</returns>
    public async Task<bool> RefundAsync(
        CourtSite site, WatchedOrder order, CaseState found, ulong fromBlock, BlockHeader head,
        CancellationToken cancel)
    {
        UInt128 rest = found.Refundable - found.Refunded;
        bool isSent = false;
        List<BatchEscrowedEvent> batches = rest == 0 ? []
            : await BatchesAsync(fromBlock, head.Number, cancel).ConfigureAwait(false);
        foreach (BatchEscrowedEvent batch in batches)
        {
            BatchRecord[] rows = batch.Rows();
            for (int row = 0; row < rows.Length && rest > 0; row++)
            {
                UInt128 amount = rows[row].Channel != order.Channel
                    || batch.MaturesAt <= head.Timestamp ? 0
                    : UInt128.Min(rest, await HeldAsync(order, batch.BatchId, row, rows[row], head,
                        cancel).ConfigureAwait(false));
                if (amount == 0)
                {
                    continue;
                }

                await send("refund", site.Court.Address, CourtContract.Refund(
                    order.Brief.Class, order.Brief.Channel, order.Order.Seq, batch.BatchId,
                    (ulong)row, amount, batch.Records), 0, cancel).ConfigureAwait(false);
                rest -= amount;
                isSent = true;
            }
        }

        return isSent;
    }

    /// <summary>Pays the channel's part of the reporter's share, once it is final.</summary>
    /// <returns>Whether something was sent.</returns>
    public async Task<bool> ShareAsync(
        CourtSite site, WatchedOrder order, BlockHeader head, CancellationToken cancel)
    {
        (Address node, Address token) = (order.Brief.Channel.Node, order.Brief.Class.Token);
        BlockTag block = BlockTag.Number(head.Number);
        uint now = await site.Court.GenerationAsync(node, block, cancel).ConfigureAwait(false);
        bool isSent = false;
        for (uint generation = 0; generation < now; generation++)
        {
            RewardShare share = await site.Court.ShareAsync(
                node, token, generation, order.Channel, block, cancel).ConfigureAwait(false);
            bool isFinal = share.Weight > 0 && await site.Court.OpenInAsync(
                node, generation, block, cancel).ConfigureAwait(false) == UInt256.Zero;
            if (isFinal)
            {
                await send("share", site.Court.Address, CourtContract.CollectShare(
                    node, token, generation, order.Channel), 0, cancel).ConfigureAwait(false);
                isSent = true;
            }
        }

        return isSent;
    }

    /// <summary>Fetches the fees that a dispute left.</summary>
    /// <returns>Whether something was sent.</returns>
    public async Task<bool> FeesAsync(
        CourtSite site, BlockHeader head, CancellationToken cancel)
    {
        UInt256 credit = await site.Disputes.Fees.CreditAsync(
            options.Account, BlockTag.Number(head.Number), cancel).ConfigureAwait(false);
        if (credit == UInt256.Zero)
        {
            return false;
        }

        options.Say($"fees: {credit} wei come back");
        await send("fees", site.Disputes.Address, FeesContract.Collect(options.Account), 0, cancel)
            .ConfigureAwait(false);
        return true;
    }

    private async Task<List<BatchEscrowedEvent>> BatchesAsync(
        ulong fromBlock, ulong toBlock, CancellationToken cancel)
    {
        LogFilter filter = new(
            options.Domain.Vouchers, fromBlock, toBlock, [[BatchEscrowedEvent.Topic]]);
        List<BatchEscrowedEvent> batches = [];
        foreach (LogEntry log in await LogScan.ReadAsync(rpc, filter, cancel)
            .ConfigureAwait(false))
        {
            if (BatchEscrowedEvent.TryRead(log, out BatchEscrowedEvent batch))
            {
                batches.Add(batch);
            }
        }

        return batches;
    }

    /// <summary>Token base units of a row that are in escrow still: Redemptions._take.</summary>
    private async Task<UInt128> HeldAsync(
        WatchedOrder order, ulong batchId, int row, BatchRecord record, BlockHeader head,
        CancellationToken cancel)
    {
        BlockTag block = BlockTag.Number(head.Number);
        UInt256 rate = RateOf(order.Brief.Class);
        UInt256 paid = record.After * rate / s_rateScale
            - record.Before * rate / s_rateScale;
        byte[] word = await rpc.CallAsync(
            new CallRequest(default, options.Domain.Vouchers, new AbiWriter()
                .Write(batchId).Write((ulong)row).ToCall(s_refunded)), block, cancel)
            .ConfigureAwait(false);
        UInt256 back = UInt256.FromBigEndian(word);
        EscrowBatch held = await new VouchersContract(rpc, options.Domain.Vouchers)
            .BatchAsync(batchId, block, cancel).ConfigureAwait(false);
        return back >= paid || !(paid - back).TryToUInt128(out UInt128 rest) ? 0
            : UInt128.Min(rest, held.Amount);
    }

    /// <summary>Rates.provider of a class, over <see cref="s_rateScale"/>.</summary>
    private static UInt256 RateOf(in VoucherClass terms)
    {
        const ulong Bps = 10_000;
        return (UInt256)terms.UnitPrice * (Bps * Bps + terms.PremiumBps * (Bps - terms.BurnBps));
    }
}
