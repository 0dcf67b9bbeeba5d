using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>Compute units of a graph: a constant for the run, and one for each proof.</summary>
/// <param name="run">Units of the operators, all of them.</param>
/// <param name="provedElements">Output elements that a proof of one run has to show.</param>
internal sealed class GraphCosts(ulong run, long provedElements) : IRunCosts
{
    /// <inheritdoc/>
    public ulong Run(uint prompt, uint steps, WantedProofs proofs)
    {
        if (steps > 1 || (proofs & ~WantedProofs.All) != 0)
        {
            throw new ModelException(FormattableString.Invariant(
                $"a graph has 1 step, and proofs of the bits {(int)WantedProofs.All}, not {steps}")
                + FormattableString.Invariant($" and {(int)proofs}"));
        }

        ulong element = ((proofs & WantedProofs.Succinct) != 0 ? CostTable.SuccinctProofElement : 0)
            + ((proofs & WantedProofs.Groth16) != 0 ? CostTable.Groth16ProofElement : 0);
        return steps == 0 ? 0 : checked(run + (ulong)provedElements * element);
    }
}
