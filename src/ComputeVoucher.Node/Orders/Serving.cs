using System;
using System.Collections.Generic;
using System.Threading;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>What every stage of the pipeline needs; made once, at the start.</summary>
internal sealed class Serving
{
    private RefusalLog? _refusals;

    public required LedgerStore Ledger { get; init; }

    public required ServicePolicy Policy { get; init; }

    public required VoucherDomain Domain { get; init; }

    public required PrivateKey NodeKey { get; init; }

    public required IReadOnlyDictionary<Bytes32, IModel> Models { get; init; }

    /// <summary>Graphs: short jobs, one worker per core.</summary>
    public required FairQueue Graphs { get; init; }

    /// <summary>Token streams: long jobs, which share the cores by time slices.</summary>
    public required FairQueue Streams { get; init; }

    public required Metrics Metrics { get; init; }

    public required ILogger Log { get; init; }

    /// <summary>Where refusals are told, at a bounded rate.</summary>
    public RefusalLog Refusals => LazyInitializer.EnsureInitialized(
        ref _refusals, () => new RefusalLog(Log, Time));

    public required TimeProvider Time { get; init; }

    /// <summary>Its side before the courts; null where nobody looks.</summary>
    public Courtroom? Courts { get; set; }

    /// <summary>How fast orders are run here.</summary>
    public Pace Pace { get; init; } = new(1);

    /// <summary>Why no new order is taken now; None while all is well.</summary>
    public required Func<RefusalReason> NotAccepting { get; init; }

    public Bytes32 Separator => Domain.VouchersSeparator;

    /// <summary>Unix seconds.</summary>
    public ulong Now => (ulong)Math.Max(0, Time.GetUtcNow().ToUnixTimeSeconds());

    /// <summary>Units of a channel, the weight of its turns; 0 where it is not known any more.
    /// </summary>
    public UInt128 LockedOf(in Bytes32 channel) => Ledger.Channel(channel)?.Row.Locked ?? 0;

    /// <summary>An order was run: what the node takes on follows from how fast it runs.</summary>
    public void NoteRun(IModel model, RunResult result, TimeSpan time)
    {
        Pace.Note(model, result.Units, time);
        Bound();
        if (Pace.News() is { } news)
        {
            // Not waited for: what is lost with the process is measured again.
            _ = Ledger.PutSetting(Pace.Setting, news);
        }
    }

    /// <summary>Takes on no more than the pace that is known allows.</summary>
    public void Bound()
    {
        if (Pace.Bounds is { } bounds)
        {
            Ledger.DisputeBounds = bounds;
        }
    }

    public FairQueue QueueOf(IModel model) => model.IsStream ? Streams : Graphs;
}
