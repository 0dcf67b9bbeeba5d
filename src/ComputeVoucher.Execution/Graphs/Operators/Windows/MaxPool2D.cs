using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// MAX_POOL_2D: the greatest element of the window inside the image, clamped
/// (reference_integer_ops::MaxPool).
/// </summary>
internal sealed class MaxPool2D : Pool2D
{
    public MaxPool2D(Wiring wiring, Window window, Activation activation)
        : base(wiring, OperatorKind.MaxPool2D, window, activation)
    {
    }

    public override OperatorKind Kind => OperatorKind.MaxPool2D;

    public override sbyte Element<TReader>(ref TReader reader, int index)
    {
        Patch patch = PatchOf(index);
        int greatest = sbyte.MinValue;
        for (int f = patch.Top; f < patch.Bottom; f++)
        {
            for (int g = patch.Left; g < patch.Right; g++)
            {
                int value = reader.Read(0, patch.At(f, g) + patch.Channel);
                greatest = Math.Max(greatest, value);
            }
        }

        return (sbyte)Math.Clamp(greatest, Activation.Min, Activation.Max);
    }
}
