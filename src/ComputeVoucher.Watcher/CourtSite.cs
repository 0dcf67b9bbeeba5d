using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Watcher;

/// <summary>A court and the contracts that decide for it, by its own word.</summary>
internal sealed class CourtSite
{
    private readonly JsonRpcClient _rpc;

    private CourtSite(
        JsonRpcClient rpc, Address court, Address disputes, Address contradictions, Address claims,
        Address registry, Address challenges)
    {
        _rpc = rpc;
        Court = new CourtContract(rpc, court);
        Disputes = new DisputesContract(rpc, disputes);
        Registry = new RegistryContract(rpc, registry);
        (Contradictions, Claims, Challenges) = (contradictions, claims, challenges);
    }

    public CourtContract Court { get; }

    public DisputesContract Disputes { get; }

    public RegistryContract Registry { get; }

    public Address Contradictions { get; }

    public Address Claims { get; }

    public Address Challenges { get; }

    /// <exception cref="ChainException">No court of this kind stands there.</exception>
    public static async Task<CourtSite> OpenAsync(
        JsonRpcClient rpc, Address court, CancellationToken cancel)
    {
        Address disputes = await NamedAsync(rpc, court, "disputes()", cancel)
            .ConfigureAwait(false);
        return new CourtSite(
            rpc, court, disputes,
            await NamedAsync(rpc, court, "contradictions()", cancel).ConfigureAwait(false),
            await NamedAsync(rpc, court, "claims()", cancel).ConfigureAwait(false),
            await NamedAsync(rpc, court, "registry()", cancel).ConfigureAwait(false),
            await NamedAsync(rpc, disputes, "challenges()", cancel).ConfigureAwait(false));
    }

    /// <summary>The newest dispute that an account opened on an order; null without one.</summary>
    public async Task<DisputeEvent?> FindAsync(
        WatchedOrder order, Address opener, ulong fromBlock, ulong toBlock,
        CancellationToken cancel)
    {
        LogFilter filter = new(
            Disputes.Address, fromBlock, toBlock,
            [[DisputeEvent.OpenedTopic], [], [order.Channel]]);
        DisputeEvent? found = null;
        foreach (LogEntry log in await LogScan.ReadAsync(_rpc, filter, cancel)
            .ConfigureAwait(false))
        {
            bool isOurs = DisputeEvent.TryRead(log, out DisputeEvent opened)
                && opened.Matter.Opener == opener && opened.Matter.OrderHash == order.Hash;
            found = isOurs ? opened : found;
        }

        return found;
    }

    /// <summary>What has happened to a dispute since, in order.</summary>
    public async Task<List<DisputeEvent>> HistoryAsync(
        DisputeEvent opened, ulong toBlock, CancellationToken cancel)
    {
        byte[] id = new AbiWriter().Write(opened.Id).ToArray();
        LogFilter filter = new(
            Disputes.Address, opened.Log.BlockNumber, toBlock, [[], [new Bytes32(id)]]);
        List<DisputeEvent> history = [];
        foreach (LogEntry log in await LogScan.ReadAsync(_rpc, filter, cancel)
            .ConfigureAwait(false))
        {
            if (DisputeEvent.TryRead(log, out DisputeEvent happened))
            {
                history.Add(happened);
            }
        }

        return history;
    }

    /// <summary>The call that made an event: of its transaction, or within it.</summary>
    /// <exception cref="WatchException">The endpoint does not know the transaction.</exception>
    public async Task<byte[]> CalldataAsync(DisputeEvent happened, CancellationToken cancel)
    {
        Bytes32 hash = happened.Log.TransactionHash;
        TransactionInfo info = await _rpc.TransactionAsync(hash, cancel).ConfigureAwait(false)
            ?? throw new WatchException(
                $"transaction {hash} is not at this endpoint (give one that keeps them)");
        return info.Input;
    }

    private static async Task<Address> NamedAsync(
        JsonRpcClient rpc, Address contract, string function, CancellationToken cancel)
    {
        byte[] word = await rpc.CallAsync(
            new CallRequest(default, contract, new AbiWriter().ToCall(FunctionSelector.Of(function))),
            BlockTag.Latest, cancel).ConfigureAwait(false);
        try
        {
            return new AbiReader(word).ReadAddress();
        }
        catch (FormatException failure)
        {
            throw new ChainException(ChainFault.Malformed,
                $"{contract}: {function} names no contract; it is no court", failure);
        }
    }
}
