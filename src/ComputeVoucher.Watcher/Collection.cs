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
    /// <summary>What is due later than this is not put off yet, seconds: half of the longest
    /// dispute, for which it is put off then (Clocks.DISPUTE_MAX).</summary>
    private const ulong DeferWithinSeconds = 6 * 86_400;

    /// <summary>
    /// Shows a receipt that charged more than what can be refunded: a node that convicts itself
    /// does so by its cheapest statement.
    /// </summary>
    /// <returns>Whether something was sent.</returns>
    public async Task<bool> RaiseAsync(
        CourtSite site, WatchedOrder order, CaseState found, ulong fromBlock, BlockHeader head,
        CancellationToken cancel)
    {
        if (order.Dearest() is not { } receipt)
        {
            return false;
        }

        // More than a channel can hold is nobody's cost, whatever was signed (Rewards._value).
        UInt128 units = UInt128.Min(
            UInt128.Min(receipt.Units, order.Order.MaxUnits), VoucherLimits.UnitsMax);
        UInt256 cost = (UInt256)units * UnitRates.Pay(order.Brief.Class) / UnitRates.Scale;
        bool isMore = cost > (UInt256)found.Refundable && (await HeldAsync(
            order, fromBlock, head, cancel).ConfigureAwait(false)).Count > 0;
        if (isMore)
        {
            options.Say(FormattableString.Invariant($"{order.Name}: convicted of less than its ")
                + FormattableString.Invariant($"receipt of {receipt.Units} units, which is shown"));
            await send("receipt", site.Court.Address,
                CourtContract.ShowReceipt(order.Brief, receipt), 0, cancel).ConfigureAwait(false);
        }

        return isMore;
    }

    /// <summary>Moves what is still in escrow of a convicted order back to its holder.</summary>
    /// <returns>Whether something was sent.</returns>
    public async Task<bool> RefundAsync(
        CourtSite site, WatchedOrder order, CaseState found, ulong fromBlock, BlockHeader head,
        CancellationToken cancel)
    {
        UInt128 rest = found.Refundable - found.Refunded;
        bool isSent = false;
        foreach (EscrowedRow held in rest == 0 ? []
            : await HeldAsync(order, fromBlock, head, cancel).ConfigureAwait(false))
        {
            UInt128 amount = UInt128.Min(rest, held.Amount);
            if (amount > 0)
            {
                await send("refund", site.Court.Address, CourtContract.Refund(
                    order.Brief.Class, order.Brief.Channel, order.Order.Seq, held.Batch.BatchId,
                    held.Row, amount, held.Batch.Records), 0, cancel).ConfigureAwait(false);
                options.Say($"{order.Name}: {amount} of token {order.Brief.Class.Token} are its "
                    + $"holder's again, {order.Brief.Channel.Holder}, to be settled");
                rest -= amount;
                isSent = true;
            }
        }

        return isSent;
    }

    /// <summary>Keeps what the order cost in escrow while its dispute lasts: else the window of the
    /// class ends first, and there is nothing to refund.</summary>
    /// <returns>Whether something was sent.</returns>
    public async Task<bool> DeferAsync(
        CourtSite site, WatchedOrder order, DisputeRecord record, Dispute dispute, CaseState found,
        ulong fromBlock, BlockHeader head, CancellationToken cancel)
    {
        UInt128 cost = ((UInt256)record.Matter.Units * record.Matter.Rate / UnitRates.Scale)
            .ToUInt128();
        UInt128 rest = found.Moved >= cost ? 0 : cost - found.Moved;
        List<EscrowedRow> rows = rest == 0 ? []
            : await HeldAsync(order, fromBlock, head, cancel).ConfigureAwait(false);
        // What was put off is a batch like any other: where the channel has not paid all that the
        // order costs, something is left to put off for ever.
        rows.RemoveAll(row => row.Batch.MaturesAt > head.Timestamp + DeferWithinSeconds);
        if (rows.Count == 0)
        {
            return false;
        }

        if (record.Matter.Hash() != dispute.Matter)
        {
            await record.ReadAsync(cancel).ConfigureAwait(false);
        }

        // One row a look: then the chain says how much is left.
        EscrowedRow held = rows[0];
        await send("defer", site.Disputes.Address, DisputesContract.Defer(
            record.Id, record.Matter, order.Brief.Class, order.Brief.Channel, held.Batch.BatchId,
            held.Row, UInt128.Min(rest, held.Amount), held.Batch.Records), 0, cancel)
            .ConfigureAwait(false);
        return true;
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
            byte[] call = CourtContract.CollectShare(node, token, generation, order.Channel);
            // When a pot is final depends on other people's disputes: the court says it.
            byte[]? answer = share.Weight == 0
                || head.Timestamp < share.WeighedAt + CourtLimits.ShareSeconds ? null
                : await site.TryAsync(
                    options.Account, site.Court.Address, call, head.Number, cancel)
                    .ConfigureAwait(false);
            if (answer is { Length: Bytes32.Size })
            {
                await send("share", site.Court.Address, call, 0, cancel).ConfigureAwait(false);
                options.Say($"{order.Name}: a share of {UInt256.FromBigEndian(answer)} of token "
                    + $"{token} is paid to {share.To}");
                isSent = true;
            }
        }

        return isSent;
    }

    /// <summary>Fetches what disputes and demands of the account have left.</summary>
    /// <returns>Whether something was sent.</returns>
    public async Task<bool> FeesAsync(
        CourtSite site, BlockHeader head, CancellationToken cancel) =>
        await FeesAsync(site.Disputes.Fees, site.Disputes.Address, head, cancel)
            .ConfigureAwait(false)
        | await FeesAsync(site.ClaimFees, site.Claims, head, cancel).ConfigureAwait(false);

    private async Task<bool> FeesAsync(
        FeesContract fees, Address at, BlockHeader head, CancellationToken cancel)
    {
        UInt256 credit = await fees.CreditAsync(
            options.Account, BlockTag.Number(head.Number), cancel).ConfigureAwait(false);
        if (credit == UInt256.Zero)
        {
            return false;
        }

        await send("fees", at, FeesContract.Collect(options.Account), 0, cancel)
            .ConfigureAwait(false);
        options.Say($"deposits: {credit} wei are back at {options.Account}");
        return true;
    }

    /// <summary>Rows of the order's channel that are in escrow and not due.</summary>
    private Task<List<EscrowedRow>> HeldAsync(
        WatchedOrder order, ulong fromBlock, BlockHeader head, CancellationToken cancel) =>
        EscrowedRows.ReadAsync(rpc, options.Domain.Vouchers, order.Brief.Class, order.Channel,
            fromBlock, head, cancel);
}
