using System;

namespace ComputeVoucher.Bn254;

/// <summary>
/// The sum of points times numbers (Pippenger): of every window of bits the points are thrown into
/// one bucket per digit, and the buckets are summed. What is 0 or 1, most of a witness, stays out
/// of the windows. Its jobs may run on several threads, each job once.
/// </summary>
internal sealed class MultiScalar<TField>
    where TField : struct, IField<TField>
{
    /// <summary>2^16 buckets of a point have 8 or 16 MiB: more leaves every cache.</summary>
    private const int WidthMax = 16;

    private readonly AffinePoint<TField>[] _points;
    private readonly Scalar[] _scalars;
    private readonly int _first;
    private readonly int[] _ones;
    private readonly int[] _others;
    private readonly int _width;
    private readonly CurvePoint<TField>[] _sums;
    private readonly CurvePoint<TField>[]?[] _buckets;

    /// <param name="points">As many as numbers from the first on.</param>
    /// <param name="scalars">The numbers, each below r.</param>
    /// <param name="first">Index of the number that belongs to the first point.</param>
    /// <param name="threads">How many run its jobs at most.</param>
    public MultiScalar(
        AffinePoint<TField>[] points, Scalar[] scalars, int first, int threads)
    {
        (_points, _scalars, _first) = (points, scalars, first);
        int ones = 0;
        int others = 0;
        for (int i = 0; i < points.Length; i++)
        {
            ones += IsOne(i) ? 1 : 0;
            others += IsOther(i) ? 1 : 0;
        }

        (_ones, _others) = (new int[ones], new int[others]);
        (ones, others) = (0, 0);
        for (int i = 0; i < points.Length; i++)
        {
            if (IsOne(i))
            {
                _ones[ones++] = i;
            }
            else if (IsOther(i))
            {
                _others[others++] = i;
            }
        }

        _width = WidthFor(others);
        int windows = (CurvePoint<TField>.ScalarBits + _width - 1) / _width;
        _sums = new CurvePoint<TField>[windows + 1];
        _buckets = new CurvePoint<TField>[threads][];
    }

    /// <summary>How many jobs there are.</summary>
    public int Jobs => _sums.Length;

    /// <summary>Runs one job: a window, lowest bits first, or at the end the sum of the ones.
    /// </summary>
    /// <param name="worker">Of the thread, for its buckets.</param>
    /// <param name="job">Below <see cref="Jobs"/>.</param>
    public void Run(int worker, int job)
    {
        if (job == Jobs - 1)
        {
            CurvePoint<TField> sum = default;
            foreach (int i in _ones)
            {
                sum = sum.Plus(_points[i]);
            }

            _sums[job] = sum;
        }
        else if (_others.Length > 0)
        {
            _sums[job] = Window(_buckets[worker] ??= new CurvePoint<TField>[1 << _width], job);
        }
    }

    /// <summary>After all jobs have run.</summary>
    public CurvePoint<TField> Sum()
    {
        CurvePoint<TField> sum = default;
        for (int window = Jobs - 2; window >= 0; window--)
        {
            for (int i = 0; i < _width; i++)
            {
                sum = sum.Double();
            }

            sum = sum.Plus(_sums[window]);
        }

        return sum.Plus(_sums[Jobs - 1]);
    }

    private CurvePoint<TField> Window(CurvePoint<TField>[] buckets, int window)
    {
        Array.Clear(buckets);
        foreach (int i in _others)
        {
            int digit = _scalars[_first + i].Bits(window * _width, _width);
            if (digit != 0)
            {
                buckets[digit] = buckets[digit].Plus(_points[i]);
            }
        }

        // Σ digit · bucket: every bucket is counted once for each digit up to its own.
        CurvePoint<TField> running = default;
        CurvePoint<TField> sum = default;
        for (int digit = buckets.Length - 1; digit > 0; digit--)
        {
            running = running.Plus(buckets[digit]);
            sum = sum.Plus(running);
        }

        return sum;
    }

    private bool IsOne(int index) =>
        _scalars[_first + index].IsOne && !_points[index].IsInfinity;

    private bool IsOther(int index) => !_scalars[_first + index].IsZero
        && !_scalars[_first + index].IsOne && !_points[index].IsInfinity;

    /// <summary>Fewest additions: a window costs one for each point and two for each bucket.
    /// </summary>
    private static int WidthFor(int points)
    {
        int best = 1;
        long least = long.MaxValue;
        for (int width = 1; width <= WidthMax; width++)
        {
            long windows = (CurvePoint<TField>.ScalarBits + width - 1) / width;
            long cost = windows * (points + (2L << width));
            (best, least) = cost < least ? (width, cost) : (best, least);
        }

        return best;
    }
}
