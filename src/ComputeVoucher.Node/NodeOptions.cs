using System;
using System.Collections.Generic;
using System.Net;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>The configuration of a node, every value checked.</summary>
public sealed record NodeOptions
{
    public required IReadOnlyList<Uri> Rpc { get; init; }

    /// <summary>A header line for each endpoint in turn; empty ones and missing ones are none.
    /// </summary>
    public IReadOnlyList<string> RpcHeaders { get; init; } = [];

    /// <summary>Bounds of the mirror; what it follows is filled in when classes are loaded.
    /// </summary>
    public MirrorOptions Follow { get; init; } = new();

    public required VoucherDomain Domain { get; init; }

    public required uint Confirmations { get; init; }

    public required TimeSpan Poll { get; init; }

    public required TimeSpan AwayMax { get; init; }

    public required ulong StartBlock { get; init; }

    public required IReadOnlyList<Address> Tokens { get; init; }

    public required IReadOnlyList<Address> Courts { get; init; }

    public required IPEndPoint Listen { get; init; }

    /// <summary>Bounds of the protocol's server.</summary>
    public WireLimits Wire { get; init; } = new();

    /// <summary>Tunnels that say for whom they speak.</summary>
    public IReadOnlyList<IPAddress> ProxyFrom { get; init; } = [];

    public required string Ledger { get; init; }

    public required LedgerSynchronous Synchronous { get; init; }

    /// <summary>Null: no health endpoint.</summary>
    public required IPEndPoint? Health { get; init; }

    /// <summary>Whether <see cref="Health"/> may be an address that others can reach: its pages
    /// tell amounts, and no secrets.</summary>
    public bool HealthOpen { get; init; }

    public required IReadOnlyList<string> Models { get; init; }

    public required Backend Backend { get; init; }

    public required int Workers { get; init; }

    public required int Streams { get; init; }

    public required int ThreadsPerWorker { get; init; }

    public required int QueueOrdersMax { get; init; }

    public required TimeSpan Drain { get; init; }

    /// <summary>Bounds only; node, classes and models are filled in when they are loaded.</summary>
    public required ServicePolicy Policy { get; init; }

    public required RedeemOptions Redeem { get; init; }
}

/// <summary>When the node redeems by itself.</summary>
/// <param name="Enabled">False: only when waiting would lose units.</param>
/// <param name="WeiPerTokenUnit">Worth of a token base unit; 0 is unknown.</param>
/// <param name="GasFactor">Value over gas that is worth a transaction.</param>
/// <param name="AgeMax">Redeem even less after this time.</param>
/// <param name="Fees">What it may cost.</param>
public sealed record RedeemOptions(
    bool Enabled, ulong WeiPerTokenUnit, uint GasFactor, TimeSpan AgeMax, FeeLimits Fees);

/// <summary>Terms of vouchers that the operator is ready to be paid in.</summary>
/// <param name="Source">The file that holds them, for messages.</param>
/// <param name="Terms">The class.</param>
public readonly record struct PinnedClass(string Source, VoucherClass Terms);
