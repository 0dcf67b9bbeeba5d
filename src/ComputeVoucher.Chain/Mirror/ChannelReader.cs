using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What the endpoints say of many channels, at their heads and in few requests.</summary>
/// <remarks>JSON-RPC batches, not a multicall contract: they work on every chain without a
/// deployment, and an answer that fails fails alone. Only heads are read, because many endpoints
/// keep 128 states and finality may lie 600 blocks back.</remarks>
internal sealed class ChannelReader(JsonRpcClient rpc, Address vouchers)
{
    /// <summary>Answers that anything needs which gives the holder credit: two, where two
    /// endpoints are configured.</summary>
    public int AnswersForCredit => Math.Min(2, rpc.Endpoints.Count);

    /// <summary>In the order of the ids; null where no endpoint told.</summary>
    /// <exception cref="ChainException">No endpoint answered at all.</exception>
    public async Task<ChannelReading?[]> ReadAsync(
        IReadOnlyList<Bytes32> ids, BlockHeader head, CancellationToken cancel)
    {
        List<CallRequest> calls = new(2 * ids.Count);
        foreach (Bytes32 id in ids)
        {
            (byte[] channel, byte[] aux) = VouchersContract.ChannelCalls(id);
            calls.Add(new CallRequest(default, vouchers, channel));
            calls.Add(new CallRequest(default, vouchers, aux));
        }

        ChannelReading?[] views = new ChannelReading?[ids.Count];
        ChainException? last = null;
        bool isAnswered = false;
        foreach (RpcEndpoint endpoint in rpc.ToRead())
        {
            // One that fails now is not waited for where another has answered.
            if (isAnswered && endpoint.IsResting)
            {
                continue;
            }

            try
            {
                // The first by number, so that a backend of a pool that lags says so; the others
                // may be a block behind it.
                BlockTag block = isAnswered ? BlockTag.Latest : BlockTag.Number(head.Number);
                RpcAnswer<byte[]>[] answers = await JsonRpcClient
                    .CallsAsync(endpoint, calls, block, cancel).ConfigureAwait(false);
                last = Add(answers, views) ?? last;
                isAnswered = true;
            }
            catch (ChainException e)
            {
                last = e;
            }
        }

        return Array.Exists(views, view => view is not null) || ids.Count == 0
            ? views
            : throw last ?? new ChainException(
                ChainFault.Malformed, $"{vouchers}: not what channel() and aux() return");
    }

    private static ChainException? Add(RpcAnswer<byte[]>[] answers, ChannelReading?[] views)
    {
        ChainException? failed = null;
        for (int i = 0; i < views.Length; i++)
        {
            RpcAnswer<byte[]> channel = answers[2 * i];
            RpcAnswer<byte[]> aux = answers[(2 * i) + 1];
            if (VouchersContract.TryReadChannel(
                channel.Value, aux.Value, out ChannelAmounts said))
            {
                views[i] = views[i] is ChannelReading view
                    ? view.And(said)
                    : ChannelReading.Of(said);
            }

            failed ??= channel.Error ?? aux.Error;
        }

        return failed;
    }
}
