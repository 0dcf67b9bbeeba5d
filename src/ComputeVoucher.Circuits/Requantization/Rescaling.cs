using System;
using ComputeVoucher.Execution.Graphs;

namespace ComputeVoucher.Circuits;

/// <summary>From a sum to an output byte, as the executor defines it: a monotone step function
/// about sum / (Span / Per), rounded and clamped.</summary>
internal abstract class Rescaling
{
    /// <summary>Sums per output step, as a fraction.</summary>
    public abstract long Span { get; }

    public abstract long Per { get; }

    /// <summary>The output around which halves are rounded away.</summary>
    public abstract int Zero { get; }

    /// <summary>Least output.</summary>
    public abstract int Min { get; }

    /// <summary>Greatest output.</summary>
    public abstract int Max { get; }

    public abstract int Of(int sum);
}

/// <summary>One channel of a convolution or fully connected layer, its bias inside the sum.
/// </summary>
internal sealed class ChannelRescaling(int multiplier, int shift, OutputEnd end) : Rescaling
{
    /// <summary>A multiplier of 0 makes every output the same.</summary>
    public override long Per => Math.Max(multiplier, 1);

    public override long Span => 1L << (31 - shift);

    public override int Zero => end.ZeroPoint;

    public override int Min => end.Min;

    public override int Max => end.Max;

    public override int Of(int sum) =>
        end.Of(FixedPoint.MultiplyByQuantizedMultiplier(sum, multiplier, shift));
}

/// <summary>The mean of so many elements of a window.</summary>
internal sealed class AverageRescaling(AveragePool2D pool, int count) : Rescaling
{
    public override long Per => 1;

    public override long Span => count;

    public override int Zero => 0;

    public override int Min => pool.Activation.Min;

    public override int Max => pool.Activation.Max;

    public override int Of(int sum) => pool.Finish(sum, count);
}

/// <summary>The mean over whole dimensions, whose multiplier holds 1 / count.</summary>
internal sealed class MeanRescaling(Mean mean) : Rescaling
{
    public override long Per => Math.Max(mean.Multiplier, 1);

    public override long Span => 1L << (31 - mean.Shift);

    public override int Zero => mean.Output.ZeroPoint;

    public override int Min => mean.Output.Min;

    public override int Max => mean.Output.Max;

    public override int Of(int sum) => mean.Finish(sum);
}
