using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Node;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>What the chain says of itself, of the contracts, of our clock, and of what a wrong
/// configuration would lose. A check that cannot be made is a finding too.</summary>
internal sealed class ChainChecks
{
    /// <summary>
    /// Blocks come every 12 s on mainnet; a clock off by minutes misjudges deadlines.
    /// </summary>
    private const long ClockSkewSecondsMax = 120;

    private readonly JsonRpcClient _rpc;
    private readonly NodeOptions _options;
    private readonly List<Finding> _findings = [];

    private ChainChecks(JsonRpcClient rpc, NodeOptions options) =>
        (_rpc, _options) = (rpc, options);

    /// <summary>Every endpoint by itself: chain and clock.</summary>
    public static async Task<List<Finding>> EndpointsAsync(
        IReadOnlyList<Uri> endpoints, CancellationToken cancel)
    {
        List<Finding> findings = [];
        foreach (Uri url in endpoints)
        {
            try
            {
                using JsonRpcClient rpc = new(
                    new RpcOptions { Endpoints = [url] }, TimeProvider.System);
                ulong chainId = await rpc.ChainIdAsync(cancel).ConfigureAwait(false);
                BlockHeader? latest = await rpc.BlockAsync(BlockTag.Latest, cancel)
                    .ConfigureAwait(false);
                findings.Add(new Finding("rpc", true, $"{JsonRpcClient.NameOf(url)}: chain "
                    + $"{chainId}, block {latest?.Number ?? 0}"));
                if (latest is not null)
                {
                    findings.Add(Clock(latest.Timestamp));
                }
            }
            catch (ChainException failure)
            {
                findings.Add(new Finding("rpc", false,
                    $"{failure.Message} (start the endpoint, or take it out of chain:rpc)"));
            }
        }

        return findings;
    }

    /// <summary>What the configuration names: contracts, tokens, blocks, accounts.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="node">Signs receipts; null where its key cannot be read.</param>
    /// <param name="payer">Pays for redemptions; null as above.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<List<Finding>> NamedAsync(
        NodeOptions options, Address? node, Address? payer, CancellationToken cancel)
    {
        using JsonRpcClient rpc = new(
            new RpcOptions { Endpoints = options.Rpc }, TimeProvider.System);
        ChainChecks checks = new(rpc, options);
        await checks.TryAsync("contracts", checks.ContractsAsync, cancel).ConfigureAwait(false);
        await checks.TryAsync("start", checks.StartBlockAsync, cancel).ConfigureAwait(false);
        await checks.TryAsync("final", checks.FinalAsync, cancel).ConfigureAwait(false);
        foreach (Address token in options.Tokens)
        {
            await checks.TryAsync(
                "token", stop => checks.TokenAsync(token, stop), cancel).ConfigureAwait(false);
        }

        if (node is Address key)
        {
            await checks.TryAsync("provider", stop => checks.JoinedAsync(key, stop), cancel)
                .ConfigureAwait(false);
        }

        if (node is Address own && payer is Address sender && checks.HasCourt)
        {
            await checks.TryAsync("answers", stop => checks.AnswersAsync(own, sender, stop), cancel)
                .ConfigureAwait(false);
        }

        if (payer is Address account)
        {
            await checks.TryAsync("gas", stop => checks.GasAsync(account, stop), cancel)
                .ConfigureAwait(false);
        }

        return checks._findings;
    }

    private bool HasCourt
    {
        get
        {
            foreach (Address court in _options.Courts)
            {
                if (!court.IsZero)
                {
                    return true;
                }
            }

            return false;
        }
    }

    private async Task TryAsync(
        string name, Func<CancellationToken, Task<Finding>> check, CancellationToken cancel)
    {
        try
        {
            Finding finding = await check(cancel).ConfigureAwait(false);
            _findings.Add(finding with { Name = name });
        }
        catch (ChainException failure)
        {
            _findings.Add(new Finding(name, false, failure.Message));
        }
    }

    private static Finding Ok(string text) => new("", true, text);

    private static Finding Wrong(string text) => new("", false, text);

    private static Finding Clock(ulong blockTime)
    {
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        long behind = now - (long)Math.Min(blockTime, long.MaxValue);
        return Math.Abs(behind) <= ClockSkewSecondsMax
            ? new Finding("clock", true, $"{behind} s after the newest block")
            : new Finding("clock", false, $"{behind} s after the newest block, at most "
                + $"{ClockSkewSecondsMax} are plausible (set the clock, or ask a live endpoint)");
    }

    private async Task<Finding> ContractsAsync(CancellationToken cancel)
    {
        VoucherDomain domain = _options.Domain;
        EndpointGuard guard = new(_rpc, domain, TimeSpan.Zero, _options.Courts);
        ChainHealth health = await guard.CheckAsync(cancel).ConfigureAwait(false);
        string courts = "";
        foreach (Address court in _options.Courts)
        {
            courts += court.IsZero ? "" : $", court {court}";
        }

        return health.IsAccepting
            ? Ok($"Vouchers {domain.Vouchers}, Providers {domain.Providers}{courts}: this build's "
                + "code")
            : Wrong(health.Problem ?? "they cannot be read");
    }

    private async Task<Finding> StartBlockAsync(CancellationToken cancel)
    {
        ulong head = await _rpc.BlockNumberAsync(cancel).ConfigureAwait(false);
        return _options.StartBlock <= head
            ? Ok($"channels are searched from block {_options.StartBlock}, the newest is {head}")
            : Wrong($"chain:startBlock is {_options.StartBlock}, the newest block is {head}: no "
                + "channel would ever be found (take the block of the deployment)");
    }

    /// <summary>The block that counts as final can be named, and its state can be read.</summary>
    private async Task<Finding> FinalAsync(CancellationToken cancel)
    {
        ulong head = await _rpc.BlockNumberAsync(cancel).ConfigureAwait(false);
        ulong final = head - Math.Min(head, Math.Max(1, _options.Confirmations) - 1);
        if (_options.Confirmations == 0)
        {
            BlockHeader? block = null;
            string why = "";
            try
            {
                block = await _rpc.BlockAsync(BlockTag.Finalized, cancel).ConfigureAwait(false);
            }
            catch (ChainException failure)
            {
                why = $": {failure.Message}";
            }

            if (block is null)
            {
                return Wrong($"the chain names no `finalized` block{why} (set chain:confirmations "
                    + "to the blocks that you wait for)");
            }

            final = block.Number;
        }

        try
        {
            BlockTag block = BlockTag.Number(final);
            VouchersContract vouchers = new(_rpc, _options.Domain.Vouchers);
            byte[] code = await _rpc.CodeAsync(_options.Domain.Vouchers, block, cancel)
                .ConfigureAwait(false);
            if (code.Length == 0)
            {
                return Ok($"block {final}, {head - Math.Min(head, final)} behind the newest, is "
                    + "older than the contracts: what is opened waits until it is final "
                    + "(chain:confirmations = 1 trusts the newest block)");
            }

            await vouchers.ProvidersAsync(block, cancel).ConfigureAwait(false);
            return Ok($"block {final}, {head - Math.Min(head, final)} behind the newest, is "
                + "readable");
        }
        catch (ChainException failure)
        {
            return Wrong($"the state of the final block {final}, {head - Math.Min(head, final)} "
                + $"behind the newest, cannot be read: {failure.Message} (use an endpoint that "
                + "keeps states so long, or set chain:confirmations to less than it keeps)");
        }
    }

    private async Task<Finding> TokenAsync(Address token, CancellationToken cancel)
    {
        try
        {
            Erc20Contract contract = new(_rpc, token);
            await contract.BalanceAsync(_options.Domain.Vouchers, BlockTag.Latest, cancel)
                .ConfigureAwait(false);
            return Ok($"{token} answers as a token");
        }
        catch (ChainException failure)
        {
            return Wrong($"chain:tokens {token} does not answer as a token: {failure.Message} "
                + "(correct the address)");
        }
    }

    private async Task<Finding> JoinedAsync(Address node, CancellationToken cancel)
    {
        ProvidersContract providers = new(_rpc, _options.Domain.Providers);
        Address provider = await providers.ProviderOfAsync(node, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        if (provider == default)
        {
            return Wrong($"node {node} never joined a provider: nothing it serves can be redeemed "
                + "(computevoucher provider join)");
        }

        ulong revoked = await providers.RevokedAtAsync(node, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        return revoked == 0
            ? Ok($"node {node} works for {provider}")
            : Wrong($"node {node} was revoked by {provider} "
                + $"at {DateTimeOffset.FromUnixTimeSeconds((long)revoked):u} (use another key)");
    }

    private async Task<Finding> AnswersAsync(
        Address node, Address payer, CancellationToken cancel)
    {
        Address provider = await new ProvidersContract(_rpc, _options.Domain.Providers)
            .ProviderOfAsync(node, BlockTag.Latest, cancel).ConfigureAwait(false);
        return Answers(node, provider, payer);
    }

    /// <summary>Whether the account that sends the node's transactions may make its moves before a
    /// court: of others a court takes no operands (Disputes.answerOperands), and of the provider
    /// alone the word that an input is lost (wantInput).</summary>
    internal static Finding Answers(Address node, Address provider, Address payer) =>
        payer == provider
            ? Ok($"redeem:key is the provider's: every move before a court is {payer}'s to make")
            : payer == node
            ? Ok("redeem:key is the node's: it answers a court, but an input that is lost only the "
                + $"provider {provider} may ask for (back the ledger up, or name the provider's)")
            : Wrong($"redeem:key is {payer}, neither the node's account {node} nor its provider's "
                + $"{provider}: a court takes no operands from it, and the bond is lost by silence "
                + "(name the provider's key, or the node's)");

    private async Task<Finding> GasAsync(Address payer, CancellationToken cancel)
    {
        BlockHeader? head = await _rpc.BlockAsync(BlockTag.Latest, cancel).ConfigureAwait(false);
        UInt256 balance = await _rpc.BalanceAsync(payer, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        UInt256 price = MoneyPrice.RedemptionWei(head?.BaseFee ?? 0);
        UInt256 count = balance / price;
        string figures = $"{payer} has {Ether(balance)} ETH, one redemption costs up to "
            + $"{Ether(price)} ETH now";
        return count >= (UInt256)1UL
            ? Ok($"{figures}: {count} redemptions")
            : Wrong($"{figures}: acknowledged units cannot be redeemed and are lost at a thaw "
                + "(send it ETH, or name another redeem:key)");
    }

    /// <summary>Ether with six digits after the point, rounded down.</summary>
    private static string Ether(UInt256 wei)
    {
        const ulong WeiPerMicroether = 1_000_000_000_000;
        UInt128 micro = (wei / WeiPerMicroether).ToUInt128();
        return string.Create(CultureInfo.InvariantCulture,
            $"{micro / 1_000_000}.{(ulong)(micro % 1_000_000):000000}");
    }
}
