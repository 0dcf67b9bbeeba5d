using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>Where an operator stands: its place, what it reads and what it writes.</summary>
/// <param name="Index">Place in the source graph, from 0.</param>
/// <param name="InputIds">Activations read: 0 … inputs − 1, then one per operator.</param>
/// <param name="Inputs">Their declarations.</param>
/// <param name="Output">Declaration of the one output.</param>
internal sealed record Wiring(
    int Index, int[] InputIds, GraphTensor[] Inputs, GraphTensor Output)
{
    public GraphTensor Input => Inputs[0];

    /// <summary>Refuses a model: this operator cannot be run as declared.</summary>
    public void Require(bool holds, OperatorKind kind, string otherwise)
    {
        if (!holds)
        {
            throw Refusal(kind, otherwise);
        }
    }

    public ModelException Refusal(OperatorKind kind, string why) =>
        new(FormattableString.Invariant($"operator {Index} {OperatorNames.Of(kind)}: {why}"));
}
