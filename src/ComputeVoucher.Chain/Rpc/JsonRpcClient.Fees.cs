using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What the chain's users pay, and which nonces are taken.</summary>
public sealed partial class JsonRpcClient
{
    private static ChainException Untaken(ChainException e, bool mayBeTaken) =>
        new(e.Fault, e.Message, e) { Code = e.Code, MayBeTaken = mayBeTaken };

    /// <summary>Only an endpoint that was never reached, or that said no, does not have what it was
    /// sent.</summary>
    private static bool MayHaveArrived(ChainException error)
    {
        for (Exception? e = error; e is not null; e = e.InnerException)
        {
            if (e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError
                or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError })
            {
                return false;
            }
        }

        return error.IsTransient && error.Fault != ChainFault.RateLimited;
    }

    /// <summary>The lowest and the highest count that any endpoint gives. Endpoints that do not
    /// answer are left out.</summary>
    /// <exception cref="ChainException">None answered.</exception>
    public async Task<(ulong Low, ulong High)> NonceRangeAsync(
        Address account, BlockTag block, CancellationToken cancel)
    {
        ulong low = ulong.MaxValue;
        ulong high = 0;
        bool isKnown = false;
        ChainException? last = null;
        foreach (RpcEndpoint endpoint in InOrder())
        {
            try
            {
                ulong nonce = await endpoint
                    .CallAsync(
                        "eth_getTransactionCount",
                        AccountParameters(account, block),
                        r => JsonScalar.ReadUInt64(r, "transactionCount"),
                        ChainLimits.ResponseBytesMax,
                        cancel)
                    .ConfigureAwait(false);
                (low, high) = (Math.Min(low, nonce), Math.Max(high, nonce));
                isKnown = true;
            }
            catch (ChainException e)
            {
                last = e;
            }
        }

        return isKnown ? (low, high) : throw last ?? AllQuarantined();
    }
}

/// <summary>Tips of the newest blocks that held transactions, wei per gas.</summary>
/// <param name="Typical">Median over the blocks of what half of their gas paid; null where all of
/// them were empty.</param>
/// <param name="High">Median over the blocks of what nine tenths of their gas paid at most.</param>
public readonly record struct FeeHistory(UInt128? Typical, UInt128? High)
{
    /// <summary>Half of a block's gas paid less.</summary>
    public const int TypicalPercentile = 50;

    /// <summary>Nine tenths of a block's gas paid less.</summary>
    public const int HighPercentile = 90;

    internal static FeeHistory Read(JsonElement result, int blocks)
    {
        List<UInt128> typical = [];
        List<UInt128> high = [];
        if (!JsonScalar.TryMember(result, "reward", out JsonElement rewards)
            || rewards.ValueKind != JsonValueKind.Array)
        {
            return default;
        }

        JsonElement used = JsonScalar.Member(result, "gasUsedRatio");
        int count = Math.Min(rewards.GetArrayLength(), blocks);
        for (int i = 0; i < count; i++)
        {
            JsonElement block = rewards[i];
            bool isWhole = block.ValueKind == JsonValueKind.Array && block.GetArrayLength() == 2
                && used.ValueKind == JsonValueKind.Array && i < used.GetArrayLength()
                && used[i].ValueKind == JsonValueKind.Number;
            if (!isWhole)
            {
                throw JsonScalar.Malformed("reward", "not two tips for each block");
            }

            if (used[i].GetDouble() > 0)
            {
                typical.Add(JsonScalar.ReadUInt128(block[0], "reward"));
                high.Add(JsonScalar.ReadUInt128(block[1], "reward"));
            }
        }

        return new FeeHistory(Median(typical), Median(high));
    }

    private static UInt128? Median(List<UInt128> values)
    {
        values.Sort();
        return values.Count == 0 ? null : values[values.Count / 2];
    }
}
