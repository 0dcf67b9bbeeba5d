using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>Compares the endpoints with the configuration and with each other: chain id, code of
/// the contracts against this build's, hash of the newest block that all call final.</summary>
/// <remarks>An endpoint of another chain is put aside until it corrects itself. Where two
/// endpoints disagree nobody knows which one lies, so acceptance stops and redemption, which only
/// risks gas, goes on.</remarks>
public sealed class EndpointGuard
{
    private readonly JsonRpcClient _rpc;
    private readonly ulong _chainId;
    private readonly DeployedCode[] _contracts;
    private readonly TimeSpan _headAgeMax;
    private readonly VoucherDomain? _domain;
    private readonly IReadOnlyList<Address> _courts = [];

    /// <summary>Courts that were compared, once at each endpoint: their code cannot change, and is
    /// five times as long as that of the contracts that move money all the time.</summary>
    private readonly HashSet<(RpcEndpoint, Address)> _compared = [];

    /// <param name="domain">Chain id, and the contracts that must hold this build's code.</param>
    /// <param name="headAgeMax">An endpoint whose newest block is older by the clock is set aside;
    /// zero asks no clock.</param>
    /// <param name="courts">Whose contracts must hold this build's code as well; zero is no court.
    /// </param>
    public EndpointGuard(
        JsonRpcClient rpc,
        VoucherDomain domain,
        TimeSpan headAgeMax,
        IReadOnlyList<Address>? courts = null)
        : this(rpc, domain.ChainId, headAgeMax, DeployedCode.Of(domain)) =>
        (_domain, _courts) = (domain, courts ?? []);

    /// <param name="contracts">What every endpoint has to show at their addresses.</param>
    internal EndpointGuard(
        JsonRpcClient rpc, ulong chainId, TimeSpan headAgeMax, params DeployedCode[] contracts)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        _rpc = rpc;
        _headAgeMax = headAgeMax;
        _chainId = chainId;
        _contracts = contracts;
    }

    /// <summary>The result of the last check; not accepting before the first.</summary>
    public ChainHealth Health { get; private set; } = new(false, "the chain was not asked yet", 0);

    /// <summary>Whether the last check found a contradiction, not mere absence.</summary>
    public bool IsContradicted { get; private set; }

    /// <summary>At the last check an endpoint of the right chain answered, its head old or not.
    /// </summary>
    public bool IsReached { get; private set; }

    /// <summary>One line on what works, and should not be left as it is; null where there is
    /// nothing.</summary>
    public string? Notice => _rpc.Endpoints.Count < 2
        ? "only one RPC endpoint: whatever it says is believed; give a second one, of others"
        : null;

    /// <summary>Endpoints that answered what they were asked last.</summary>
    internal int Answering => _rpc.Answering;

    /// <summary>Asks every endpoint. Never throws a <see cref="ChainException"/>.</summary>
    public async Task<ChainHealth> CheckAsync(CancellationToken cancel)
    {
        List<RpcEndpoint> alive = [];
        string? away = null;
        string? contradiction = null;
        Dictionary<RpcEndpoint, BlockHeader> heads = [];
        foreach (RpcEndpoint endpoint in _rpc.Endpoints)
        {
            try
            {
                string? wrong = await ContradictionAsync(endpoint, cancel).ConfigureAwait(false);
                endpoint.Quarantine = wrong;
                contradiction ??= wrong;
                if (wrong is null)
                {
                    heads[endpoint] = await HeadAsync(endpoint, cancel).ConfigureAwait(false);
                    alive.Add(endpoint);
                }
            }
            catch (ChainException e)
            {
                away ??= e.Message;
            }
        }

        IsReached = heads.Count > 0;
        away = SetAside(alive, heads) ?? away;
        contradiction ??= LeadOf(alive, heads)
            ?? await ForkAsync(alive, cancel).ConfigureAwait(false);
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

        foreach (DeployedCode contract in _contracts)
        {
            byte[] code = await CodeAsync(endpoint, contract.Address, cancel)
                .ConfigureAwait(false);
            if (code.Length == 0)
            {
                return $"{endpoint.Name} has no contract at {contract.Address}; deploy it or "
                    + "correct the address";
            }

            if (contract.Difference(code) is { } difference)
            {
                return $"{endpoint.Name}: {difference}";
            }
        }

        return await CourtsAsync(endpoint, cancel).ConfigureAwait(false);
    }

    private async Task<string?> CourtsAsync(RpcEndpoint endpoint, CancellationToken cancel)
    {
        foreach (Address court in _courts)
        {
            if (court.IsZero || _compared.Contains((endpoint, court)))
            {
                continue;
            }

            try
            {
                await CourtAddresses
                    .FindAsync(_domain!, court, at => CodeAsync(endpoint, at, cancel))
                    .ConfigureAwait(false);
                _compared.Add((endpoint, court));
            }
            catch (ChainException e) when (e.Fault == ChainFault.Misconfigured)
            {
                return $"{endpoint.Name}: {e.Message}";
            }
        }

        return null;
    }

    private static Task<byte[]> CodeAsync(
        RpcEndpoint endpoint, Address contract, CancellationToken cancel) => endpoint.CallAsync(
            "eth_getCode",
            w => WriteAccount(w, contract),
            r => JsonScalar.ReadData(r, "code"),
            ChainLimits.ResponseBytesMax,
            cancel);

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
                BlockHeader? final = await JsonRpcClient
                    .BlockAsync(endpoint, BlockTag.Finalized, cancel)
                    .ConfigureAwait(false);
                height = Math.Min(height, final?.Number ?? 0);
            }

            BlockHeader? first = null;
            foreach (RpcEndpoint endpoint in alive)
            {
                BlockHeader? block = await JsonRpcClient
                    .BlockAsync(endpoint, BlockTag.Number(height), cancel)
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

    private static async Task<BlockHeader> HeadAsync(
        RpcEndpoint endpoint, CancellationToken cancel) =>
        await JsonRpcClient.BlockAsync(endpoint, BlockTag.Latest, cancel).ConfigureAwait(false)
        ?? throw new ChainException(
            ChainFault.Unavailable, $"{endpoint.Name} has no newest block");

    /// <summary>Takes those out whose head is old by the clock or against another's: such an
    /// endpoint answers, and knows nothing.</summary>
    /// <returns>One line on the first of them; null where there is none.</returns>
    private string? SetAside(
        List<RpcEndpoint> alive, Dictionary<RpcEndpoint, BlockHeader> heads)
    {
        long now = _rpc.Time.GetUtcNow().ToUnixTimeSeconds();
        long longest = (long)_headAgeMax.TotalSeconds;
        string? line = null;
        long newest = long.MinValue;
        foreach (RpcEndpoint endpoint in alive)
        {
            long age = now - TimeOf(heads[endpoint]);
            endpoint.Lag = longest == 0 || Math.Abs(age) <= longest
                ? null
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{endpoint.Name}: its newest block is {Math.Abs(age)} s ")
                    + (age < 0 ? "in the future; the clock or it is wrong"
                        : "old; it stands still, or the clock is wrong");
            newest = endpoint.Lag is null ? Math.Max(newest, TimeOf(heads[endpoint])) : newest;
        }

        foreach (RpcEndpoint endpoint in alive)
        {
            long behind = newest - Math.Min(newest, TimeOf(heads[endpoint]));
            endpoint.Lag ??= behind <= (long)ChainLimits.HeadAgeMax.TotalSeconds
                ? null
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{endpoint.Name}: its newest block is {behind} s behind another endpoint's");
            line ??= endpoint.Lag;
        }

        alive.RemoveAll(endpoint => endpoint.Lag is not null);
        return line;
    }

    /// <summary>Heads of the same time that are far apart: one of the two invents blocks.</summary>
    private static string? LeadOf(
        List<RpcEndpoint> alive, Dictionary<RpcEndpoint, BlockHeader> heads)
    {
        foreach (RpcEndpoint one in alive)
        {
            foreach (RpcEndpoint other in alive)
            {
                ulong high = heads[one].Number;
                ulong low = heads[other].Number;
                if (high > low && high - low > ChainLimits.HeadLeadBlocksMax)
                {
                    return $"{one.Name} and {other.Name} disagree on the newest block: {high} "
                        + $"and {low}";
                }
            }
        }

        return null;
    }

    private static long TimeOf(BlockHeader head) => (long)Math.Min(head.Timestamp, uint.MaxValue);

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
