namespace ComputeVoucher.Circuits;

/// <summary>All that a monotone step function is: for each output q that it reaches inside a range
/// of sums, the least sum whose output is at least q. Two such functions with the same thresholds
/// are the same on the whole range.</summary>
internal sealed class Thresholds
{
    private readonly int[] _sums;

    /// <param name="rescaling">The function.</param>
    /// <param name="low">Least sum that can occur.</param>
    /// <param name="high">Greatest sum that can occur.</param>
    public Thresholds(Rescaling rescaling, int low, int high)
    {
        (Low, High) = (low, high);
        First = rescaling.Of(low) + 1;
        _sums = new int[rescaling.Of(high) - First + 1];
        long from = low;
        for (int i = 0; i < _sums.Length; i++)
        {
            // Of(below) < First + i ≤ Of(above).
            long below = from;
            long above = high;
            while (above - below > 1)
            {
                long middle = below + ((above - below) / 2);
                (below, above) = rescaling.Of((int)middle) < First + i
                    ? (middle, above) : (below, middle);
            }

            _sums[i] = (int)above;
            from = below;
        }
    }

    public int Low { get; }

    public int High { get; }

    /// <summary>The first output with a threshold; the one before it is the least output.</summary>
    public int First { get; }

    public int Count => _sums.Length;

    /// <summary>The least sum with an output of at least First + index.</summary>
    public int this[int index] => _sums[index];

    /// <summary>The same of an output that has one.</summary>
    public int Of(int output) => _sums[output - First];
}
