namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// Where the input elements of one output element lie: so many runs of so many adjacent bytes, all
/// inside one span. A proof opens either the runs or the span, whichever is smaller.
/// </summary>
/// <param name="Runs">Runs of adjacent elements, over all inputs.</param>
/// <param name="RunBytes">Bytes of the longest run.</param>
/// <param name="SpanBytes">Bytes from the first to the last element, per input.</param>
internal readonly record struct ElementReads(long Runs, long RunBytes, long SpanBytes);
