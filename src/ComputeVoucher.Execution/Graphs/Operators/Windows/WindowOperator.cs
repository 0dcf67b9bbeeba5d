using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// An operator whose output element reads a window of one image: convolutions and pools.
/// </summary>
internal abstract class WindowOperator : Operator
{
    protected WindowOperator(
        Wiring wiring, OperatorKind kind, Window window, Activation activation)
        : base(wiring)
    {
        Window = window;
        Activation = activation;
        window.Check(wiring, kind);
        activation.Check(wiring, kind);
    }

    public Window Window { get; }

    public Activation Activation { get; }

    public OutputEnd End => new(Output, Activation);

    public override void WriteAttributes(ref AttributeWriter writer)
    {
        Window.Write(ref writer);
        Activation.Write(ref writer);
    }

    /// <summary>The taps of output element number index that lie inside the image.</summary>
    public Patch PatchOf(int index)
    {
        (int pixel, int channel) = Math.DivRem(index, Output[3]);
        (int row, int x) = Math.DivRem(pixel, Output[2]);
        (int image, int y) = Math.DivRem(row, Output[1]);
        int originY = y * Window.StrideH - Window.PadTop;
        int originX = x * Window.StrideW - Window.PadLeft;
        int width = Input[2], depth = Input[3];
        (int top, int bottom) =
            Window.Inside(originY, Window.DilationH, Window.FilterH, Input[1]);
        (int left, int right) =
            Window.Inside(originX, Window.DilationW, Window.FilterW, width);
        return new(
            channel, top, bottom, left, right,
            ((image * Input[1] + originY) * width + originX) * depth,
            Window.DilationH * width * depth, Window.DilationW * depth);
    }

    /// <summary>Taps [Top, Bottom) × [Left, Right) of a window over an NHWC image.</summary>
    /// <param name="Channel">Output channel.</param>
    /// <param name="Top">First filter row inside the image.</param>
    /// <param name="Bottom">Behind the last.</param>
    /// <param name="Left">First filter column inside the image.</param>
    /// <param name="Right">Behind the last.</param>
    /// <param name="Origin">Where tap (0, 0) would lie, outside the image too.</param>
    /// <param name="RowStep">Elements from tap row to tap row.</param>
    /// <param name="ColumnStep">Elements from tap column to tap column.</param>
    public readonly record struct Patch(
        int Channel, int Top, int Bottom, int Left, int Right,
        int Origin, int RowStep, int ColumnStep)
    {
        public int Count => (Bottom - Top) * (Right - Left);

        /// <summary>Number of the input element under a tap, in input channel 0.</summary>
        public int At(int row, int column) => Origin + row * RowStep + column * ColumnStep;
    }
}
