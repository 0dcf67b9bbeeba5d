using System;
using System.Collections.Generic;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Watcher;

/// <summary>The watcher's own runs of orders, and what is wrong by them.</summary>
internal sealed class Reruns(WatchOptions options, WatchStore store, WatchedModels models)
    : IDisposable
{
    // By hashes of the order and of what is stated of it.
    private readonly Dictionary<string, Complaint> _wrong = [];
    private readonly HashSet<Bytes32> _said = [];
    private (Bytes32 Order, RecordedRun Run)? _run;

    /// <summary>What is wrong; null where nothing is, or where nobody can say.</summary>
    public Complaint? Judge(WatchedOrder order)
    {
        Bytes32 stated = order.StatedHash;
        if (_wrong.TryGetValue($"{order.Hash} {stated}", out Complaint? known))
        {
            return known;
        }

        if (order.Statements.Count == 0)
        {
            return null;
        }

        IModel? model = models.Find(order.Order.ModelRoot);
        if (model is null)
        {
            if (_said.Add(order.Order.ModelRoot))
            {
                options.Say($"model {order.Order.ModelRoot}: weights not held: its orders are not "
                    + "disputable by this watcher");
            }

            return null;
        }

        bool isTaken = options.Takes(order.Hash);
        Complaint? complaint = isTaken
            ? Complaints.Find(model, order.Ordered, order.Statements, options.Threads) : null;
        options.Say($"{order.Name}: " + (!isTaken ? "left out by the share"
            : complaint is null ? "right" : $"wrong: {complaint.Kind}"));
        if (complaint is null)
        {
            store.Settle(order.Hash, stated);
        }
        else
        {
            _wrong[$"{order.Hash} {stated}"] = complaint;
        }

        return complaint;
    }

    /// <summary>Before money is put down: the model read anew, and the order run once more.
    /// </summary>
    public bool IsStillWrong(WatchedOrder order, Complaint complaint)
    {
        using IModel model = models.Again(order.Order.ModelRoot);
        Complaint? again =
            Complaints.Find(model, order.Ordered, order.Statements, options.Threads);
        bool isSame = again is not null && again.Kind == complaint.Kind
            && again.About == complaint.About;
        if (!isSame)
        {
            _wrong.Remove($"{order.Hash} {order.StatedHash}");
            options.Say($"{order.Name}: two runs here disagree: nothing is opened "
                + "(check this machine's memory)");
        }

        return isSame;
    }

    /// <summary>The own run, of so many steps; one at a time is in memory.</summary>
    /// <exception cref="WatchException">Its weights are not held.</exception>
    public RecordedRun Run(WatchedOrder order, uint steps)
    {
        if (_run is { } kept && kept.Order == order.Hash && kept.Run.Steps == steps)
        {
            return kept.Run;
        }

        Dispose();
        _run = null;
        IModel model = models.Find(order.Order.ModelRoot)
            ?? throw new WatchException($"model {order.Order.ModelRoot}: weights not held");
        RecordedRun run = RecordedRun.Of(
            model, order.Bundle.Input.ToArray(), steps, options.Threads);
        _run = (order.Hash, run);
        return run;
    }

    public void Dispose() => _run?.Run.Dispose();
}
