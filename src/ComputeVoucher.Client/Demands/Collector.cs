using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>Fetches what a court gives a channel's side: the refund of what is in escrow, its part
/// of the reporter's share, and ether that was deposited for answers. Whoever
/// sends pays the gas; each sum goes to whom it belongs.</summary>
public sealed class Collector
{
    private readonly JsonRpcClient _rpc;
    private readonly Address _vouchers;
    private readonly CourtContract _court;
    private readonly CaseGains _gains;
    private readonly (Address Address, FeesContract Fees)[] _deposits;

    /// <param name="rpc">The chain.</param>
    /// <param name="vouchers">The Vouchers contract.</param>
    /// <param name="court">Of the channel's class.</param>
    /// <param name="parts">Its other contracts.</param>
    /// <param name="fromBlock">No event is older.</param>
    public Collector(JsonRpcClient rpc, Address vouchers, CourtContract court, CourtParts parts,
        ulong fromBlock)
    {
        (_rpc, _vouchers, _court) = (rpc, vouchers, court);
        _gains = new CaseGains(rpc, vouchers, court, fromBlock);
        _deposits =
        [
            (parts.Claims, new FeesContract(rpc, parts.Claims)),
            (parts.Disputes, new FeesContract(rpc, parts.Disputes)),
        ];
    }

    /// <summary>Fetches all that may be fetched now.</summary>
    /// <param name="terms">Of the channel's class.</param>
    /// <param name="channel">Whose side.</param>
    /// <param name="sender">Pays the gas; its deposits are fetched.</param>
    /// <param name="say">Told of each sum, and of what has to wait.</param>
    /// <param name="cancel">Leaves the rest.</param>
    /// <exception cref="ChainException">The chain does not answer, or refuses.</exception>
    public async Task<Collected> CollectAsync(VoucherClass terms, ChannelTerms channel,
        TransactionSender sender, Action<string> say, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(sender);
        Collected got = new();
        // First the refund: a share is weighed by what was not given back.
        await RefundAsync(got, terms, channel, sender, say, cancel).ConfigureAwait(false);
        await ShareAsync(got, terms, channel, sender, say, cancel).ConfigureAwait(false);
        foreach ((Address address, FeesContract fees) in _deposits)
        {
            UInt256 wei = await fees.CreditAsync(sender.Account, BlockTag.Latest, cancel)
                .ConfigureAwait(false);
            if (!wei.IsZero)
            {
                await sender.SendAsync("collect", address, FeesContract.Collect(sender.Account),
                    cancel).ConfigureAwait(false);
                got.Wei += wei;
                say($"{wei} wei of deposits are back at {sender.Account}");
            }
        }

        return got;
    }

    private async Task RefundAsync(Collected got, VoucherClass terms, ChannelTerms channel,
        TransactionSender sender, Action<string> say, CancellationToken cancel)
    {
        foreach (CourtCall call in await _gains.RefundsAsync(
            terms, channel, await HeadAsync(cancel).ConfigureAwait(false), cancel)
            .ConfigureAwait(false))
        {
            await sender.SendAsync("refund", _court.Address, call.Data, cancel)
                .ConfigureAwait(false);
            got.Refunded += call.Amount;
        }

        if (got.Refunded > 0)
        {
            say($"{got.Refunded} base units of token {terms.Token} went back to the holder "
                + $"{channel.Holder}");
        }

        UInt256 earned = sender.Account != channel.Holder ? UInt256.Zero
            : await new VouchersContract(_rpc, _vouchers).EarnedAsync(
                channel.Holder, terms.Token, BlockTag.Latest, cancel).ConfigureAwait(false);
        if (!earned.IsZero)
        {
            await sender.SendAsync("settle", _vouchers,
                VouchersContract.Settle(terms.Token, channel.Holder), cancel)
                .ConfigureAwait(false);
            got.Settled = earned;
        }
    }

    private async Task ShareAsync(Collected got, VoucherClass terms, ChannelTerms channel,
        TransactionSender sender, Action<string> say, CancellationToken cancel)
    {
        BlockHeader head = await HeadAsync(cancel).ConfigureAwait(false);
        foreach (CourtShare share in await _gains.SharesAsync(terms, channel, head, cancel)
            .ConfigureAwait(false))
        {
            if (share.Amount is not { } amount)
            {
                got.ShareFrom = Math.Min(got.ShareFrom ?? ulong.MaxValue, share.From);
                say(share.From > head.Timestamp
                    ? "the channel's share of the node's bond is paid from "
                        + $"{DemandRunner.Date(share.From)} on"
                    : "the channel's share of the node's bond waits for disputes that were open "
                        + "at the verdict");
                continue;
            }

            await sender.SendAsync("share", _court.Address, share.Call, cancel)
                .ConfigureAwait(false);
            got.Shared += amount;
            say($"{amount} base units of token {terms.Token}, the channel's share of the node's "
                + $"bond, went to {share.Share.To}");
        }
    }

    private async Task<BlockHeader> HeadAsync(CancellationToken cancel) =>
        await _rpc.BlockAsync(BlockTag.Latest, cancel).ConfigureAwait(false)
        ?? throw new ChainException(ChainFault.Malformed, "the chain has no latest block");
}

/// <summary>What came in.</summary>
public sealed class Collected
{
    /// <summary>Token base units that went back to the channel's holder, who earned them.</summary>
    public UInt128 Refunded { get; internal set; }

    /// <summary>Token base units that the holder was paid out, earlier ones included; only where he
    /// sends.</summary>
    public UInt256 Settled { get; internal set; } = UInt256.Zero;

    /// <summary>Token base units of the node's bond.</summary>
    public UInt256 Shared { get; internal set; } = UInt256.Zero;

    /// <summary>Wei of deposits.</summary>
    public UInt256 Wei { get; internal set; } = UInt256.Zero;

    /// <summary>Unix seconds from which a share is paid that is not final; null without one.
    /// </summary>
    public ulong? ShareFrom { get; internal set; }
}
