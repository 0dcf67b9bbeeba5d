namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// How one pixel's input lies in memory: so many stretches of so many pairs of 16-bit numbers, so
/// many numbers apart.
/// </summary>
internal readonly record struct RowShape(nint Segments, nint Pairs, nint Stride);
