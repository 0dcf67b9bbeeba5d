namespace ComputeVoucher.Execution.Graphs;

/// <summary>RESHAPE: the same elements under another shape.</summary>
internal sealed class Reshape : Operator
{
    public Reshape(Wiring wiring)
        : base(wiring) =>
        Require(
            Input.Elements == Output.Elements && Input.Type == Output.Type,
            $"{Input} cannot become {Output}");

    public override OperatorKind Kind => OperatorKind.Reshape;

    public override ulong Units => (ulong)Output.Elements * CostTable.MoveElement;

    public override ElementReads Reads => new(1, 1, 1);

    public override void WriteAttributes(ref AttributeWriter writer)
    {
    }

    public override sbyte Element<TReader>(ref TReader reader, int index) =>
        reader.Read(0, index);
}
