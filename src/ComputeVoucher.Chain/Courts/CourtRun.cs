using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>One run as it was signed, and what its shapes follow from: Run.sol.</summary>
/// <param name="OutputRoot">Zero where only a TraceRoot was shown.</param>
/// <param name="TraceRoot">Zero where none was signed yet.</param>
/// <param name="Prompt">Tokens of the prompt; 0 for a graph.</param>
/// <param name="Steps">Tokens produced; 1 for a graph.</param>
/// <param name="TopK">Candidates of the sampler; 0 for a graph and when greedy.</param>
public readonly record struct CourtRun(
    Bytes32 ModelRoot,
    Bytes32 InputRoot,
    Bytes32 OutputRoot,
    Bytes32 TraceRoot,
    uint Prompt,
    uint Steps,
    uint TopK);

/// <summary>The trees that a statement commits to. Numbers are the contracts'.</summary>
public enum CommittedTree
{
    Trace = 0,
    Output = 1,
}
