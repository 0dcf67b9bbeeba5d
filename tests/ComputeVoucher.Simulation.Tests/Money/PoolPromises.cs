using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Simulation.Tests;

/// <summary>What a node promises its operator, whatever one endpoint of three does: no acknowledged
/// unit is lost while the urgent cap allows its redemption, no fee is above the cap of its kind,
/// nothing is paid for nothing, and no unit is believed that the chain does not hold.</summary>
internal sealed class PoolPromises
{
    // Blocks in a row in which its redemption was affordable, with gas and price doubled: half an
    // hour, a hundredth of the shortest thaw.
    private const int AffordableBlocks = 150;

    // Gas limit of a redemption of one channel, with its margin.
    private const ulong Gas = 131_600;

    private readonly SimulatedChain _chain;
    private readonly PoolNode _node;
    private readonly Dictionary<Bytes32, (int Run, bool IsEnough)> _affordable = [];
    private readonly Dictionary<SimulatedTransaction, Offer> _offers = [];

    public PoolPromises(SimulatedChain chain, PoolNode node)
    {
        (_chain, _node) = (chain, node);
        _chain.Offered = CheckOffer;
    }

    /// <summary>All far enough below one another that each of them is met.</summary>
    public static FeeLimits Limits { get; } = new()
    {
        GasPriceMax = 60_000_000_000,
        TransactionMax = 8_000_000_000_000_000,
        DayMax = 30_000_000_000_000_000,
        UrgentMax = 100_000_000_000_000_000,
    };

    /// <summary>Units of each channel that its holder signed for.</summary>
    public Dictionary<Bytes32, UInt128> Acked { get; } = [];

    /// <summary>Channels that ended with everything redeemed, and with less.</summary>
    public int Saved { get; private set; }

    public int Lost { get; private set; }

    /// <summary>Transactions that were held to the caps of ordinary ones, and of urgent ones.
    /// </summary>
    public (int Ordinary, int Urgent) Offers => (
        _offers.Values.Count(offer => !offer.IsUrgent),
        _offers.Values.Count(offer => offer.IsUrgent));

    /// <summary>Counts the blocks in which what a thaw threatens could be redeemed.</summary>
    public void NoteBlock()
    {
        foreach ((Bytes32 channel, UInt128 units) in Acked)
        {
            ChannelAmounts now = _chain.Amounts(channel);
            (int run, bool isEnough) = _affordable.GetValueOrDefault(channel);
            UInt128 worth = WorthOf(units, now);
            UInt128 cap = UInt128.Min(worth, Limits.UrgentMax!.Value);
            bool isAffordable = now is { ThawAt: > 0, IsClosed: false }
                && cap >= 2 * (UInt128)Gas * ((2 * (UInt128)_chain.BaseFee) + 1_000_000_000);
            run = isAffordable ? run + 1 : 0;
            _affordable[channel] = (run, isEnough || run >= AffordableBlocks);
        }
    }

    /// <summary>A channel ends in the next block.</summary>
    public void Note(in Bytes32 channel)
    {
        UInt128 acked = Acked.GetValueOrDefault(channel);
        ChannelAmounts now = _chain.Amounts(channel);
        if (_chain.Payout(acked) == _chain.Payout(now.Redeemed))
        {
            Saved++;
            return;
        }

        Lost++;
        Assert.False(
            _affordable.GetValueOrDefault(channel).IsEnough,
            $"{acked} units of {channel} were acknowledged, {now.Redeemed} are redeemed, and the "
            + $"cap allowed the rest; {_node.Service.Health.Problem}");
    }

    /// <summary>The node gives no credit for what is not there.</summary>
    public void CheckRows()
    {
        foreach (ChannelRow row in _node.Store.Channels())
        {
            ChannelAmounts real = _chain.Amounts(row.Terms.HashStruct());
            bool isMore = row.Status == ChannelStatus.Open && !real.IsClosed
                && row.Locked > real.Locked;
            Assert.False(isMore, $"{row.Locked} units are believed, {real.Locked} are locked");
            Assert.True(
                row.Redeemed <= real.Redeemed,
                $"{row.Redeemed} units are believed redeemed, {real.Redeemed} are");
            Assert.True(
                real.IsClosed || row.Status != ChannelStatus.Closed,
                "a channel is believed to have ended, and is open");
        }
    }

    /// <summary>After the last block.</summary>
    public void CheckEnd()
    {
        UInt128 ordinary = 0;
        foreach (SimulatedTransaction one in _chain.Mined)
        {
            ordinary += _offers[one].IsUrgent ? 0 : one.Cost;

            // One that was out when its channels ended can be taken back by nobody.
            bool isLate = one.HasEnded && _offers[one].IsUseful;
            Assert.True(one.IsSuccess && (one.Paid > 0 || isLate),
                $"{one.Cost} wei for nothing: nonce {one.Body.Nonce} to "
                + $"{one.Body.To}, offered at {one.OfferedAt}, mined in {one.Block}, "
                + $"{one.GasUsed} of {one.Body.GasLimit} gas, {one.Units} units");
        }

        Assert.True(ordinary <= Limits.DayMax, $"{ordinary} wei in one day");
    }

    /// <summary>Holds it to the caps of its kind. It is urgent where a channel that thaws, as the
    /// node has to believe, holds units that are not redeemed: its own, or one behind it in the
    /// nonces.</summary>
    private void CheckOffer(SimulatedTransaction offered)
    {
        UInt128 cost = offered.MaxFee * offered.Body.GasLimit;
        UInt128 threatened = 0;
        UInt128 all = 0;
        foreach (ChannelState state in _node.Store.States())
        {
            UInt128 worth = state.Row.Status == ChannelStatus.Open
                ? WorthOf(state.Ack?.CumUnits ?? 0, AsKnown(state.Row))
                : 0;
            all += worth;
            threatened += state.Row.ThawAt != 0 ? worth : 0;
        }

        List<(Bytes32 Channel, UInt128 Units)> channels = ChannelsOf(offered);
        bool isUseful = channels.Exists(row => _chain.Amounts(row.Channel) is var now
            && !now.IsClosed && UInt128.Min(row.Units, now.Locked) > now.Redeemed);
        bool isUrgent = threatened > 0;
        _offers[offered] = new Offer(isUrgent, isUseful);
        if (isUrgent)
        {
            Assert.True(cost <= Limits.UrgentMax, $"{cost} wei for an urgent transaction");
            Assert.True(cost <= all, $"{cost} wei to save {all}");
            return;
        }

        UInt128 own = 0;
        foreach ((Bytes32 channel, UInt128 units) in channels)
        {
            own += WorthOf(units, AsKnown(_node.Store.Row(channel)));
        }

        Assert.True(cost <= Limits.TransactionMax, $"{cost} wei for an ordinary transaction");
        Assert.True(
            offered.MaxFee <= Limits.GasPriceMax, $"{offered.MaxFee} wei for a unit of gas");
        Assert.True(cost <= own / 4, $"{cost} wei for {own}");
    }

    /// <summary>What the node went by: a redemption may have been mined since it looked.</summary>
    private static ChannelAmounts AsKnown(ChannelRow row) =>
        new(row.Locked, row.Redeemed, row.ThawAt);

    private UInt128 WorthOf(UInt128 units, in ChannelAmounts now)
    {
        UInt128 to = UInt128.Min(units, now.Locked);
        return to <= now.Redeemed
            ? 0
            : (_chain.Payout(to) - _chain.Payout(now.Redeemed)) * PoolNode.WeiPerTokenUnit;
    }

    private static List<(Bytes32 Channel, UInt128 Units)> ChannelsOf(SimulatedTransaction one)
    {
        VouchersContract.TryReadRedeemBatch(
            one.Body.Data, out Bytes32 classId, out Address node, out RedeemRow[] rows);
        return [.. rows.Select(row => (row.TermsOf(node, classId).HashStruct(), row.CumUnits))];
    }

    /// <param name="IsUrgent">By what the node knew when it was offered.</param>
    /// <param name="IsUseful">It would have redeemed something in that block.</param>
    private readonly record struct Offer(bool IsUrgent, bool IsUseful);
}
