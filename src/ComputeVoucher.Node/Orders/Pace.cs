using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Threading;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// How fast this machine runs each model, as its own orders show, and so how much it could run
/// again if every channel disputed at once. A restart goes on with what was known.
/// </summary>
internal sealed class Pace
{
    /// <summary>The setting of the ledger that keeps it.</summary>
    public const string Setting = "pace";

    /// <summary>Of a model: its root, units (a double's bits) and time (ticks).</summary>
    private const int ModelBytes = Bytes32.Size + 2 * sizeof(long);

    /// <summary>It is kept again where the bound has moved by a part of this.</summary>
    private const uint KeepShare = 8;

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
    private UInt128 _kept;

    /// <param name="workers">Runs at once.</param>
    /// <param name="kept">What <see cref="News"/> gave an earlier process; null for none.</param>
    /// <param name="isServed">Of a model's root: what is not served any more bounds nothing.
    /// </param>
    public Pace(int workers, byte[]? kept = null, Func<Bytes32, bool>? isServed = null)
    {
        _workers = workers;
        ReadOnlySpan<byte> rest = kept;
        for (; rest.Length >= ModelBytes; rest = rest[ModelBytes..])
        {
            Bytes32 root = new(rest[..Bytes32.Size]);
            double units = BinaryPrimitives.ReadDoubleBigEndian(rest[Bytes32.Size..]);
            long ticks = BinaryPrimitives.ReadInt64BigEndian(
                rest[(Bytes32.Size + sizeof(double))..]);
            bool isPlain = units >= 0 && double.IsFinite(units) && ticks > 0;
            if (isPlain && isServed?.Invoke(root) is not false)
            {
                _models[root] = (units, new TimeSpan(ticks));
            }
        }

        _kept = Bounds?.OneUnits ?? 0;
    }

    /// <summary>What a later process should go on with, where it is worth a write: the bound is not
    /// near the one that was kept; otherwise null.</summary>
    public byte[]? News()
    {
        lock (_gate)
        {
            UInt128 now = Bounds?.OneUnits ?? 0;
            UInt128 moved = now > _kept ? now - _kept : _kept - now;
            if (moved <= _kept / KeepShare)
            {
                return null;
            }

            _kept = now;
            byte[] bytes = new byte[_models.Count * ModelBytes];
            Span<byte> rest = bytes;
            foreach ((Bytes32 root, (double units, TimeSpan time)) in _models)
            {
                root.CopyTo(rest);
                BinaryPrimitives.WriteDoubleBigEndian(rest[Bytes32.Size..], units);
                BinaryPrimitives.WriteInt64BigEndian(
                    rest[(Bytes32.Size + sizeof(double))..], time.Ticks);
                rest = rest[ModelBytes..];
            }

            return bytes;
        }
    }

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
