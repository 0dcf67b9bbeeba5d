using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>What the contracts hold for both sides at one moment.</summary>
/// <param name="Locked">Units of the channel.</param>
/// <param name="Redeemed">Units of the channel.</param>
/// <param name="Escrow">Token base units behind all vouchers.</param>
/// <param name="Earned">Token base units, not yet settled.</param>
/// <param name="ProviderBalance">Token base units.</param>
/// <param name="HolderBalance">Token base units.</param>
internal sealed record DevSnapshot(
    UInt128 Locked, UInt128 Redeemed, UInt256 Escrow, UInt256 Earned, UInt256 ProviderBalance,
    UInt256 HolderBalance)
{
    public static async Task<DevSnapshot> TakeAsync(ChainSession chain, VoucherClass terms,
        ChannelTerms channel, Address provider, CancellationToken cancel)
    {
        Erc20Contract token = new(chain.Rpc, terms.Token);
        ChannelAmounts amounts = await chain.Vouchers
            .ChannelAsync(channel.HashStruct(), BlockTag.Latest, cancel).ConfigureAwait(false);
        return new DevSnapshot(
            amounts.Locked,
            amounts.Redeemed,
            await token.BalanceAsync(chain.Deployment.Vouchers, BlockTag.Latest, cancel)
                .ConfigureAwait(false),
            await chain.Vouchers.EarnedAsync(provider, terms.Token, BlockTag.Latest, cancel)
                .ConfigureAwait(false),
            await token.BalanceAsync(provider, BlockTag.Latest, cancel).ConfigureAwait(false),
            await token.BalanceAsync(channel.Holder, BlockTag.Latest, cancel)
                .ConfigureAwait(false));
    }
}
