using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// AVERAGE_POOL_2D: the mean of the window inside the image, rounded half away from zero, clamped
/// (reference_integer_ops::AveragePool).
/// </summary>
internal sealed class AveragePool2D : Pool2D
{
    public AveragePool2D(Wiring wiring, Window window, Activation activation)
        : base(wiring, OperatorKind.AveragePool2D, window, activation)
    {
        AccumulatorBound.Check(
            wiring, Kind, bound: ((long)sbyte.MaxValue + 2) * window.Taps, shift: 0);
    }

    public override OperatorKind Kind => OperatorKind.AveragePool2D;

    public override sbyte Element<TReader>(ref TReader reader, int index)
    {
        Patch patch = PatchOf(index);
        int sum = 0;
        for (int f = patch.Top; f < patch.Bottom; f++)
        {
            for (int g = patch.Left; g < patch.Right; g++)
            {
                sum += reader.Read(0, patch.At(f, g) + patch.Channel);
            }
        }

        return Finish(sum, patch.Count);
    }

    /// <summary>From the sum of so many elements to their mean.</summary>
    public sbyte Finish(int sum, int count)
    {
        int mean = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
        return (sbyte)Math.Clamp(mean, Activation.Min, Activation.Max);
    }
}
