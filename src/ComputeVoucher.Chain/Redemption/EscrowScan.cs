using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A provider's batches in escrow, whatever made them: a redemption, a holder's spend, a
/// court's claim or split.</summary>
/// <remarks>By the contract's state, not by its logs, of which an endpoint keeps as many as it
/// likes. The contract has no index by provider, so every batch is read,
/// <see cref="ChainLimits.BatchCallsMax"/> in a request.</remarks>
public static class EscrowScan
{
    /// <summary>Those that pay a provider in one token and still hold something, oldest first.
    /// </summary>
    /// <param name="rpc">The chain.</param>
    /// <param name="vouchers">The Vouchers contract.</param>
    /// <param name="provider">Whom they pay.</param>
    /// <param name="token">In which token.</param>
    /// <param name="head">As of this block.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ChainException">No endpoint answers, or not as the contract does.
    /// </exception>
    public static async Task<List<HeldBatch>> ReadAsync(
        JsonRpcClient rpc, Address vouchers, Address provider, Address token, BlockHeader head,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        ArgumentNullException.ThrowIfNull(head);
        BlockTag block = BlockTag.Number(head.Number);
        ulong count = await new VouchersContract(rpc, vouchers).BatchCountAsync(block, cancel)
            .ConfigureAwait(false);
        ulong[] ids = new ulong[count];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = (ulong)i + 1;
        }

        return await ReadAsync(rpc, vouchers, provider, token, ids, block, cancel)
            .ConfigureAwait(false);
    }

    /// <summary>Those among some batches, in their order.</summary>
    internal static async Task<List<HeldBatch>> ReadAsync(
        JsonRpcClient rpc, Address vouchers, Address provider, Address token, ulong[] ids,
        BlockTag block, CancellationToken cancel)
    {
        List<HeldBatch> held = [];
        for (int first = 0; first < ids.Length; first += ChainLimits.BatchCallsMax)
        {
            ReadOnlyMemory<ulong> part = ids.AsMemory(
                first, Math.Min(ChainLimits.BatchCallsMax, ids.Length - first));
            EscrowBatch[] batches = await ReadAsync(rpc, vouchers, part, block, cancel)
                .ConfigureAwait(false);
            for (int i = 0; i < batches.Length; i++)
            {
                EscrowBatch batch = batches[i];
                if (batch.Amount > 0 && batch.Provider == provider && batch.Token == token)
                {
                    held.Add(new HeldBatch(part.Span[i], batch.Amount, batch.MaturesAt));
                }
            }
        }

        return held;
    }

    /// <summary>A request of batches, by the first endpoint that knows them all.</summary>
    private static async Task<EscrowBatch[]> ReadAsync(
        JsonRpcClient rpc, Address vouchers, ReadOnlyMemory<ulong> ids, BlockTag block,
        CancellationToken cancel)
    {
        CallRequest[] calls = new CallRequest[ids.Length];
        for (int i = 0; i < calls.Length; i++)
        {
            calls[i] = new CallRequest(
                default, vouchers, VouchersContract.BatchCall(ids.Span[i]));
        }

        ChainException? last = null;
        foreach (RpcEndpoint endpoint in rpc.ToRead())
        {
            try
            {
                return Parse(await JsonRpcClient.CallsAsync(endpoint, calls, block, cancel)
                    .ConfigureAwait(false));
            }
            catch (ChainException e)
            {
                last = e;
            }
        }

        throw last!;
    }

    private static EscrowBatch[] Parse(RpcAnswer<byte[]>[] answers)
    {
        EscrowBatch[] batches = new EscrowBatch[answers.Length];
        for (int i = 0; i < batches.Length; i++)
        {
            if (!VouchersContract.TryReadBatch(answers[i].Value, out batches[i]))
            {
                throw answers[i].Error ?? new ChainException(
                    ChainFault.Malformed, "batch(): not what the contract returns");
            }
        }

        return batches;
    }
}

/// <summary>What a batch still has in escrow.</summary>
/// <param name="Amount">Token base units, above 0.</param>
/// <param name="MaturesAt">Unix seconds of the chain from which it may be released.</param>
public readonly record struct HeldBatch(ulong Id, UInt128 Amount, ulong MaturesAt);
