using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Compares the endpoints with the configuration and with each other: chain id, code of
/// the pinned contracts, hash of the newest block that all call final.</summary>
/// <remarks>An endpoint of another chain is put aside until it corrects itself. Where two
/// endpoints disagree nobody knows which one lies, so acceptance stops and redemption, which only
/// risks gas, goes on.</remarks>
public sealed class EndpointGuard
{
    private readonly JsonRpcClient _rpc;
    private readonly ulong _chainId;
    private readonly Address[] _contracts;
    private readonly Dictionary<Address, Bytes32> _codeHashes = [];

    /// <param name="contracts">Addresses that must hold code, the same on every endpoint and for
    /// as long as the process lives.</param>
    public EndpointGuard(JsonRpcClient rpc, ulong chainId, params Address[] contracts)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        _rpc = rpc;
        _chainId = chainId;
        _contracts = contracts;
    }

    /// <summary>The result of the last check; not accepting before the first.</summary>
    public ChainHealth Health { get; private set; } = new(false, "the chain was not asked yet", 0);

    /// <summary>Whether the last check found a contradiction, not mere absence.</summary>
    public bool IsContradicted { get; private set; }

    /// <summary>Asks every endpoint. Never throws a <see cref="ChainException"/>.</summary>
    public async Task<ChainHealth> CheckAsync(CancellationToken cancel)
    {
        List<RpcEndpoint> alive = [];
        string? away = null;
        string? contradiction = null;
        foreach (RpcEndpoint endpoint in _rpc.Endpoints)
        {
            try
            {
                string? wrong = await ContradictionAsync(endpoint, cancel).ConfigureAwait(false);
                endpoint.Quarantine = wrong;
                contradiction ??= wrong;
                if (wrong is null)
                {
                    alive.Add(endpoint);
                }
            }
            catch (ChainException e)
            {
                away ??= e.Message;
            }
        }

        contradiction ??= await ForkAsync(alive, cancel).ConfigureAwait(false);
        IsContradicted = contradiction is not null;
        Health = new ChainHealth(
            alive.Count > 0 && contradiction is null, contradiction ?? away, alive.Count);
        return Health;
    }

    private async Task<string?> ContradictionAsync(RpcEndpoint endpoint, CancellationToken cancel)
    {
        ulong chainId = await endpoint.CallAsync(
            "eth_chainId",
            _ => { },
            r => JsonScalar.ReadUInt64(r, "chainId"),
            ChainLimits.ResponseBytesMax,
            cancel).ConfigureAwait(false);
        if (chainId != _chainId)
        {
            return $"{endpoint.Name} is chain {chainId}, the configuration says {_chainId}";
        }

        foreach (Address contract in _contracts)
        {
            byte[] code = await endpoint.CallAsync(
                "eth_getCode",
                w => WriteAccount(w, contract),
                r => JsonScalar.ReadData(r, "code"),
                ChainLimits.ResponseBytesMax,
                cancel).ConfigureAwait(false);
            if (code.Length == 0)
            {
                return $"{endpoint.Name} has no contract at {contract}; deploy it or correct "
                    + "the address";
            }

            Bytes32 hash = Keccak256.Hash(code);
            if (!_codeHashes.TryAdd(contract, hash) && _codeHashes[contract] != hash)
            {
                return $"{endpoint.Name} has other code at {contract} than seen before";
            }
        }

        return null;
    }

    private static async Task<string?> ForkAsync(
        List<RpcEndpoint> alive, CancellationToken cancel)
    {
        if (alive.Count < 2)
        {
            return null;
        }

        try
        {
            ulong height = ulong.MaxValue;
            foreach (RpcEndpoint endpoint in alive)
            {
                BlockHeader? final = await BlockAsync(endpoint, BlockTag.Finalized, cancel)
                    .ConfigureAwait(false);
                height = Math.Min(height, final?.Number ?? 0);
            }

            BlockHeader? first = null;
            foreach (RpcEndpoint endpoint in alive)
            {
                BlockHeader? block = await BlockAsync(endpoint, BlockTag.Number(height), cancel)
                    .ConfigureAwait(false);
                first ??= block;
                if (block is null || block.Hash != first!.Hash)
                {
                    return $"{alive[0].Name} and {endpoint.Name} disagree on final block {height}";
                }
            }
        }
        catch (ChainException)
        {
            // Away between two questions: the next check tells.
        }

        return null;
    }

    private static Task<BlockHeader?> BlockAsync(
        RpcEndpoint endpoint, BlockTag block, CancellationToken cancel) =>
        endpoint.CallAsync(
            "eth_getBlockByNumber",
            w =>
            {
                w.WriteStringValue(block.ToString());
                w.WriteBooleanValue(false);
            },
            ResultParser.Block,
            ChainLimits.ResponseBytesMax,
            cancel);

    private static void WriteAccount(Utf8JsonWriter writer, Address account)
    {
        writer.WriteStringValue(Hex.Encode(account.Span));
        writer.WriteStringValue("latest");
    }
}

/// <summary>Whether new work may be accepted, as far as the chain is concerned.</summary>
/// <param name="IsAccepting">False while endpoints contradict the configuration or each other,
/// or none answers for too long. Redemption goes on regardless.</param>
/// <param name="Problem">One line for the operator; null where all is well.</param>
/// <param name="EndpointsAlive">Endpoints that answered the last check and were not put
/// aside.</param>
public sealed record ChainHealth(bool IsAccepting, string? Problem, int EndpointsAlive);
