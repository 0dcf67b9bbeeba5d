using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>What the chain says of itself, of the contracts, and of our clock.</summary>
internal static class ChainChecks
{
    /// <summary>
    /// Blocks come every 12 s on mainnet; a clock off by minutes misjudges deadlines.
    /// </summary>
    private const long ClockSkewSecondsMax = 120;

    public static async Task<List<Finding>> RunAsync(
        JsonRpcClient rpc, VoucherDomain? domain, CancellationToken cancel)
    {
        List<Finding> findings = [];
        try
        {
            ulong chainId = await rpc.ChainIdAsync(cancel).ConfigureAwait(false);
            BlockHeader? latest = await rpc.BlockAsync(BlockTag.Latest, cancel)
                .ConfigureAwait(false);
            findings.Add(new Finding("rpc", true, $"chain {chainId}, block {latest?.Number ?? 0}"));
            if (latest is not null)
            {
                findings.Add(Clock(latest.Timestamp));
            }

            if (domain is not null)
            {
                findings.Add(await ContractsAsync(rpc, domain, cancel).ConfigureAwait(false));
            }
        }
        catch (ChainException failure)
        {
            findings.Add(new Finding("rpc", false, failure.Message));
        }

        return findings;
    }

    private static Finding Clock(ulong blockTime)
    {
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        long behind = now - (long)Math.Min(blockTime, long.MaxValue);
        return Math.Abs(behind) <= ClockSkewSecondsMax
            ? new Finding("clock", true, $"{behind} s after the newest block")
            : new Finding("clock", false, $"{behind} s after the newest block, at most "
                + $"{ClockSkewSecondsMax} are plausible (set the clock, or ask a live endpoint)");
    }

    private static async Task<Finding> ContractsAsync(
        JsonRpcClient rpc, VoucherDomain domain, CancellationToken cancel)
    {
        EndpointGuard guard = new(rpc, domain.ChainId, domain.Vouchers, domain.Providers);
        ChainHealth health = await guard.CheckAsync(cancel).ConfigureAwait(false);
        if (!health.IsAccepting)
        {
            return new Finding("contracts", false, health.Problem ?? "they cannot be read");
        }

        VouchersContract vouchers = new(rpc, domain.Vouchers);
        Address providers = await vouchers.ProvidersAsync(BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        Bytes32 separator = await vouchers.DomainSeparatorAsync(BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        return providers == domain.Providers && separator == domain.VouchersSeparator
            ? new Finding("contracts", true, $"Vouchers {domain.Vouchers}, Providers {providers}")
            : new Finding("contracts", false, $"Vouchers {domain.Vouchers} names Providers "
                + $"{providers}, or signs in another domain (correct the addresses)");
    }
}
