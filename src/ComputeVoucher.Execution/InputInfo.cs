using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution;

/// <summary>What an accepted input will cost at most, known before anything runs.</summary>
/// <param name="InputRoot">List root over the model's inputs (design.md section 4).</param>
/// <param name="UnitsMax">Compute units of a whole run; 1 CU = one multiply-accumulate.</param>
/// <param name="StepsMax">Steps of a whole run; 1 for graphs.</param>
public readonly record struct InputInfo(Bytes32 InputRoot, ulong UnitsMax, uint StepsMax);
