using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// An operator whose output element reads a window of one image: convolutions and pools. A kind
/// defines that element; the walk over the output stands here once.
/// </summary>
internal abstract class WindowOperator : Operator
{
    private protected readonly Window _window;
    private protected readonly Activation _activation;

    protected WindowOperator(
        Wiring wiring, OperatorKind kind, Window window, Activation activation)
        : base(wiring)
    {
        _window = window;
        _activation = activation;
        window.Check(wiring, kind);
        activation.Check(wiring, kind);
    }

    /// <summary>NHWC order, one image of the batch after the other.</summary>
    public sealed override void Run(
        ReadOnlySpan<sbyte> first, ReadOnlySpan<sbyte> second, Span<sbyte> output)
    {
        int at = 0;
        for (int b = 0; b < Output[0]; b++)
        {
            ReadOnlySpan<sbyte> image = first.Slice(b * Input[1] * Input[2] * Input[3]);
            for (int y = 0; y < Output[1]; y++)
            {
                for (int x = 0; x < Output[2]; x++)
                {
                    for (int c = 0; c < Output[3]; c++)
                    {
                        output[at++] = Element(image, y, x, c);
                    }
                }
            }
        }
    }

    /// <summary>One output element; image is (height, width, channels).</summary>
    protected abstract sbyte Element(ReadOnlySpan<sbyte> image, int y, int x, int c);
}
