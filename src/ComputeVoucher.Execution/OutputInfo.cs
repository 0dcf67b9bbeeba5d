using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution;

/// <summary>What a receipt for these output bytes has to say.</summary>
/// <param name="OutputRoot">List root over the outputs; see <see cref="RunResult"/>.</param>
/// <param name="Steps">Steps that the output shows; 1 for graphs.</param>
/// <param name="Units">Compute units of these steps.</param>
public readonly record struct OutputInfo(Bytes32 OutputRoot, uint Steps, ulong Units);
