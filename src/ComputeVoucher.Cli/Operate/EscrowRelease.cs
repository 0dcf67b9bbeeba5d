using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary>What the sender of a session has in escrow in one token: what has matured is released
/// before it is settled, what has not is told.</summary>
internal sealed class EscrowRelease
{
    /// <summary>Seconds of the days that what waits is summed up by.</summary>
    private const ulong DaySeconds = 86_400;

    /// <summary>Days that one line names; the command's report names all.</summary>
    private const int DaysOnLine = 3;

    private readonly Address _token;
    private readonly List<ulong> _matured = [];
    private readonly SortedDictionary<ulong, Wait> _waiting = [];

    private EscrowRelease(Address token, List<HeldBatch> held, ulong now)
    {
        _token = token;
        foreach (HeldBatch batch in held)
        {
            if (batch.MaturesAt <= now)
            {
                _matured.Add(batch.Id);
                Released += batch.Amount;
                continue;
            }

            Wait day = _waiting.GetValueOrDefault(batch.MaturesAt / DaySeconds) ?? new(0, 0);
            _waiting[batch.MaturesAt / DaySeconds] = new Wait(
                day.Amount + batch.Amount, Math.Max(day.Until, batch.MaturesAt));
        }
    }

    /// <summary>Token base units that <see cref="SendAsync"/> releases.</summary>
    public UInt256 Released { get; private set; }

    /// <summary>Transactions that this takes.</summary>
    public int Transactions =>
        (_matured.Count + ChainLimits.ReleaseBatchesMax - 1) / ChainLimits.ReleaseBatchesMax;

    /// <summary>Whether something is there that has not matured.</summary>
    public bool IsWaiting => _waiting.Count > 0;

    /// <summary>Looks at the chain's newest block; its clock says what has matured.</summary>
    public static async Task<EscrowRelease> ReadAsync(
        ChainSession chain, Address token, CancellationToken cancel)
    {
        BlockHeader head = await chain.Rpc.BlockAsync(BlockTag.Latest, cancel)
            .ConfigureAwait(false)
            ?? throw new ChainException(ChainFault.Malformed, "the endpoint has no newest block");
        List<HeldBatch> held = await EscrowScan.ReadAsync(
            chain.Rpc, chain.Deployment.Vouchers, chain.Account, token, head, cancel)
            .ConfigureAwait(false);
        return new EscrowRelease(token, held, head.Timestamp);
    }

    /// <summary>Sends the release of all that has matured, through the node that runs where one is
    /// named.</summary>
    /// <exception cref="ChainException">It was refused, and takes no effect.</exception>
    /// <exception cref="OutcomeUnknownException">It was sent, and then time or patience ran out.
    /// </exception>
    public async Task SendAsync(
        ChainSession chain, NodeConfiguration? node, CancellationToken cancel)
    {
        for (int i = 0; i < _matured.Count; i += ChainLimits.ReleaseBatchesMax)
        {
            List<ulong> ids = _matured.GetRange(
                i, Math.Min(ChainLimits.ReleaseBatchesMax, _matured.Count - i));
            bool isSent = node is not null && await NodeSettlement
                .TryReleaseAsync(chain, node, ids, cancel).ConfigureAwait(false);
            if (!isSent)
            {
                await chain.Sender.SendAsync("release", chain.Deployment.Vouchers,
                    VouchersContract.Release([.. ids]), cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What waits, a row for each day on which some of it matures: token base units, and
    /// when the last of them are due.</summary>
    public List<Report> Rows()
    {
        List<Report> rows = [];
        foreach (Wait wait in _waiting.Values)
        {
            rows.Add(new Report().Add("amount", wait.Amount).AddTime("maturesAt", wait.Until));
        }

        return rows;
    }

    /// <summary>The same on a line, the first days of it.</summary>
    public string Line()
    {
        List<string> days = [];
        foreach (Wait wait in _waiting.Values)
        {
            if (days.Count == DaysOnLine)
            {
                days.Add(string.Create(CultureInfo.InvariantCulture,
                    $"and {_waiting.Count - DaysOnLine} more days"));
                break;
            }

            DateTimeOffset until = DateTimeOffset.FromUnixTimeSeconds((long)wait.Until);
            days.Add(string.Create(CultureInfo.InvariantCulture,
                $"{wait.Amount:N0} matures {until:yyyy-MM-dd HH:mm:ss} UTC"));
        }

        return $"{string.Join(", ", days)} (base units of token {_token})";
    }

    /// <summary>Token base units, and unix seconds at which the last of them mature.</summary>
    private sealed record Wait(UInt128 Amount, ulong Until);
}
