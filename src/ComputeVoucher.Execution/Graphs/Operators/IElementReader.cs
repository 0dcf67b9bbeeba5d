namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// What a definition reads, one number at a time: whole tensors in memory, or the leaves that a
/// dispute opened. Definitions take it as a struct, so that the compiler inlines it.
/// </summary>
internal interface IElementReader
{
    /// <summary>One byte of an input tensor of the operator.</summary>
    sbyte Read(int input, int index);

    /// <summary>One output channel's parameters: one parameter leaf of the model root.</summary>
    Channel Channel(int channel);
}
