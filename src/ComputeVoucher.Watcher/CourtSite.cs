using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Watcher;

/// <summary>A court and the contracts that decide for it, by its own word.</summary>
internal sealed class CourtSite
{
    private readonly JsonRpcClient _rpc;

    private CourtSite(JsonRpcClient rpc, CourtAddresses at)
    {
        _rpc = rpc;
        Court = new CourtContract(rpc, at.Court);
        Disputes = new DisputesContract(rpc, at.Disputes);
        (Contradictions, Challenges, Claims) = (at.Contradictions, at.Challenges, at.Claims);
        ClaimFees = new FeesContract(rpc, at.Claims);
    }

    public CourtContract Court { get; }

    public DisputesContract Disputes { get; }

    public Address Contradictions { get; }

    public Address Challenges { get; }

    public Address Claims { get; }

    /// <summary>Deposits of demands.</summary>
    public FeesContract ClaimFees { get; }

    /// <summary>A class may name any contract, and deposits go to what that one names: all of them
    /// must be this build's.</summary>
    /// <exception cref="ChainException">They are not.</exception>
    public static async Task<CourtSite> OpenAsync(
        JsonRpcClient rpc, VoucherDomain domain, Address court, CancellationToken cancel) =>
        new(rpc, await CourtAddresses.FindAsync(
            domain, court, at => rpc.CodeAsync(at, BlockTag.Latest, cancel))
            .ConfigureAwait(false));

    /// <summary>The newest dispute of each purpose that an account opened on an order.</summary>
    public async Task<Dictionary<DisputePurpose, DisputeEvent>> FindAsync(
        WatchedOrder order, Address opener, ulong fromBlock, ulong toBlock,
        CancellationToken cancel)
    {
        LogFilter filter = new(
            Disputes.Address, fromBlock, toBlock,
            [[DisputeEvent.OpenedTopic], [], [order.Channel]]);
        Dictionary<DisputePurpose, DisputeEvent> found = [];
        foreach (LogEntry log in await LogScan.ReadAsync(_rpc, filter, cancel)
            .ConfigureAwait(false))
        {
            if (DisputeEvent.TryRead(log, out DisputeEvent opened)
                && opened.Matter.Opener == opener && opened.Matter.OrderHash == order.Hash)
            {
                found[opened.Matter.Purpose] = opened;
            }
        }

        return found;
    }

    /// <summary>What a call would return if it were made at a block; null where it reverts.
    /// </summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public async Task<byte[]?> TryAsync(
        Address from, Address to, byte[] data, ulong atBlock, CancellationToken cancel)
    {
        try
        {
            return await _rpc.CallAsync(
                new CallRequest(from, to, data), BlockTag.Number(atBlock), cancel)
                .ConfigureAwait(false);
        }
        catch (ChainException refused) when (refused.Fault == ChainFault.Reverted)
        {
            return null;
        }
    }

    /// <summary>The call that made an event.</summary>
    /// <exception cref="WatchException">The endpoint does not know the transaction.</exception>
    public async Task<byte[]> CalldataAsync(DisputeEvent happened, CancellationToken cancel)
    {
        LogEntry log = happened.Log;
        return await MoveCalls.ReadAsync(
                _rpc, log, Disputes.Address, MoveCalls.About(happened.Id), cancel)
            .ConfigureAwait(false) ?? throw new WatchException(
                $"transaction {log.TransactionHash} is not at this endpoint (give one that keeps "
                + "them)");
    }
}
