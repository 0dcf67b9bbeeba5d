using ComputeVoucher.Primitives;

namespace ComputeVoucher.Disputes;

/// <summary>What order and receipt say about one run of a language model.</summary>
/// <param name="InputRoot">Of the order.</param>
/// <param name="TraceRoot">Of the receipt.</param>
/// <param name="Steps">Of the receipt; the trace of fewer steps is a prefix.</param>
public sealed record LanguageStatement(Bytes32 InputRoot, Bytes32 TraceRoot, uint Steps);
