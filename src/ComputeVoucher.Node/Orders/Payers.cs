using ComputeVoucher.Ledger;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>Who stops being a stranger: only a channel that can still be charged pays.</summary>
internal static class Payers
{
    /// <summary>The channel's spend key has just signed something new on this connection.</summary>
    /// <returns>Overloaded where it has as many connections as a payer may.</returns>
    public static RefusalReason Prove(IWireConnection connection, ChannelState channel) =>
        channel.Row.Status != ChannelStatus.Open || connection.Prove(channel.Row.Terms.SpendKey)
            ? RefusalReason.None
            : RefusalReason.Overloaded;
}
