using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;

namespace ComputeVoucher.Watcher;

/// <summary>
/// What the node claimed without an ack: its receipt stands in the claim, also of an order that it
/// refused, or of which it gave the holder another one.
/// </summary>
internal static class Claims
{
    /// <summary>Adds the receipts of an order's claims to its statements.</summary>
    public static async Task AddAsync(
        JsonRpcClient rpc, CourtSite site, WatchedOrder order, ulong fromBlock, ulong toBlock,
        CancellationToken cancel)
    {
        LogFilter filter = new(
            site.Court.Address, fromBlock, toBlock, [[], [order.Channel]]);
        foreach (LogEntry log in await LogScan.ReadAsync(rpc, filter, cancel)
            .ConfigureAwait(false))
        {
            bool isClaim = CaseEvent.TryRead(log, out CaseEvent claimed)
                && claimed.Kind == CaseEventKind.Claimed && claimed.Seq == order.Order.Seq;
            byte[]? call = isClaim
                ? await MoveCalls.ReadAsync(rpc, log, site.Claims, order.Channel, cancel)
                    .ConfigureAwait(false)
                : null;
            if (call is not null
                && ClaimsContract.TryReadClaim(call, out _, out Delivery[] deliveries))
            {
                foreach (Delivery delivery in deliveries)
                {
                    _ = order.Add(delivery.Receipt);
                }
            }
        }
    }
}
