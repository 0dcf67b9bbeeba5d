using System;

namespace ComputeVoucher.Execution;

/// <summary>
/// What a run of one architecture costs: a pure function of the prompt's length, the steps and the
/// proofs. Node, client, verifier and court price an order with it and with nothing else.
/// </summary>
public interface IRunCosts
{
    /// <summary>Compute units; 1 CU = one multiply-accumulate. 0 steps cost nothing.</summary>
    /// <param name="prompt">Tokens of the prompt; without meaning for a graph.</param>
    /// <param name="steps">Steps done; 0 or 1 for a graph, tokens for a language model.</param>
    /// <param name="proofs">Of the order's flags.</param>
    /// <exception cref="ModelException">Steps or proofs that this architecture does not have.
    /// </exception>
    ulong Run(uint prompt, uint steps, WantedProofs proofs);
}

/// <summary>Proofs that an order's flags ask for, each bit where the flags have it.</summary>
[Flags]
public enum WantedProofs : byte
{
    None = 0,

    /// <summary>Flag 4: row 2000 of the cost table.</summary>
    Succinct = 4,

    /// <summary>Flag 8: row 2001 of the cost table.</summary>
    Groth16 = 8,

    /// <summary>Every flag that has a price; the others cost nothing.</summary>
    All = Succinct | Groth16,
}
