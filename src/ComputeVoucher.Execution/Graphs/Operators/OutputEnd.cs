namespace ComputeVoucher.Execution.Graphs;

/// <summary>Zero point and clamp of a layer's output.</summary>
internal readonly record struct OutputEnd(int ZeroPoint, int Min, int Max);
