using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What a dispute is about: Dispute.sol. Every move repeats it; it does not change but for
/// a trace root that is signed later.</summary>
/// <param name="Rate">What the provider gets for a unit of the class, in 1e-17 base units.</param>
/// <param name="Units">Units that the order cost at most.</param>
public readonly record struct Matter(
    CourtRun Run,
    Bytes32 Channel,
    Bytes32 OrderHash,
    Address Node,
    Address SpendKey,
    Address Token,
    Address Opener,
    ulong Seq,
    UInt128 Rate,
    UInt128 Units,
    DisputePurpose Purpose)
{
    /// <summary>keccak256 of its 17 words: what the contract keeps.</summary>
    public Bytes32 Hash() => Keccak256.Hash(new AbiWriter().Write(this).ToArray());

    /// <summary>The same with the trace root that the provider has signed meanwhile.</summary>
    public Matter WithTraceRoot(in Bytes32 traceRoot) =>
        this with { Run = Run with { TraceRoot = traceRoot } };
}

/// <summary>What a dispute descends into. Numbers are the contracts'.</summary>
public enum DisputePurpose
{
    /// <summary>The trace of a statement; its root is asked for first where there is none.
    /// </summary>
    Trace = 0,

    /// <summary>The output of a receipt.</summary>
    Output = 1,

    /// <summary>The Cancel of a result that is short.</summary>
    Cancel = 2,
}
