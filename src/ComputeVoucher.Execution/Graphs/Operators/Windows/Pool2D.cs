namespace ComputeVoucher.Execution.Graphs;

/// <summary>What both pools declare, check and cost.</summary>
internal abstract class Pool2D : WindowOperator
{
    protected Pool2D(Wiring wiring, OperatorKind kind, Window window, Activation activation)
        : base(wiring, kind, window, activation)
    {
        Require(Input[3] == Output[3], "input and output differ in channels");
        Require(
            window.DilationH == 1 && window.DilationW == 1, "pooling windows are not dilated");
        Require(Input.ZeroPoint == Output.ZeroPoint, "input and output differ in zero point");
    }

    public override ulong Units =>
        (ulong)Output.Elements * (ulong)Window.Taps * CostTable.PoolTap;

    public override ElementReads Reads => new(
        Window.Taps, 1, ((Window.FilterH - 1L) * Input[2] + Window.FilterW - 1) * Input[3] + 1);
}
