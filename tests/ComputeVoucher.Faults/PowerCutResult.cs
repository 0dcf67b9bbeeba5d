using System.Collections.Generic;

namespace ComputeVoucher.Faults;

/// <summary>What a power-cut run saw.</summary>
public sealed class PowerCutResult
{
    /// <summary>
    /// Why nothing could be said (no compiler, an unmodelled call); null otherwise.
    /// </summary>
    public string? Inconclusive { get; set; }

    /// <summary>Exit code of the recorded child: 3 when its ledger failed.</summary>
    public int ChildExitCode { get; set; }

    /// <summary>Steps of the history.</summary>
    public int Steps { get; set; }

    /// <summary>Calls in the journal: each is a point at which the power is cut.</summary>
    public int Points { get; set; }

    /// <summary>
    /// States that were built, counting each different one once a confirmed step.
    /// </summary>
    public int States { get; set; }

    /// <summary>States that lost a confirmed step.</summary>
    public int Lost { get; set; }

    /// <summary>States that the ledger refused although nothing but power was lost.</summary>
    public int RefusedStates { get; set; }

    /// <summary>States that opened to something that never was.</summary>
    public int Garbage { get; set; }

    /// <summary>The first few violations.</summary>
    public List<string> Examples { get; } = [];

    public int Violations => Lost + RefusedStates + Garbage;
}
