using System;
using System.Collections.Generic;
using System.Threading;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// How fast this machine runs each model, as its own orders show, and so how much it could run
/// again if every channel disputed at once.
/// </summary>
internal sealed class Pace
{
    /// <summary>A run for a dispute keeps its whole trace, which takes longer than the answer: up
    /// to 3 times on the models that ship, and one more for work beside it.</summary>
    private const int TraceFactor = 4;

    /// <summary>Shorter runs tell more of their overhead than of the model.</summary>
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>Of each model the last runs count, about so long in all.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(10);

    private readonly int _workers;
    private readonly Lock _gate = new();
    private readonly Dictionary<Bytes32, (double Units, TimeSpan Time)> _models = [];

    /// <param name="workers">Runs at once.</param>
    public Pace(int workers) => _workers = workers;

    /// <summary>An order was run.</summary>
    public void Note(IModel model, ulong units, TimeSpan time)
    {
        if (time < s_shortest)
        {
            return;
        }

        lock (_gate)
        {
            (double sum, TimeSpan all) = _models.GetValueOrDefault(model.ModelRoot);
            double kept = all > s_memory ? 0.5 : 1;
            _models[model.ModelRoot] = (sum * kept + units, all * kept + time);
        }
    }

    /// <summary>By the slowest model that was seen; null before the first run.</summary>
    public DisputeBounds? Bounds
    {
        get
        {
            double? slowest = null;
            lock (_gate)
            {
                foreach ((double units, TimeSpan time) in _models.Values)
                {
                    double rate = units / time.TotalSeconds;
                    slowest = slowest is { } before ? Math.Min(before, rate) : rate;
                }
            }

            return slowest / TraceFactor is { } one
                ? new DisputeBounds(
                    (UInt128)(one * CourtLimits.ReExecutionSeconds * _workers),
                    (UInt128)(one * CourtLimits.LongestSeconds))
                : null;
        }
    }
}
