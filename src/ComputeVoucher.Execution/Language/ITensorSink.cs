using System;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Language;

/// <summary>Receives the tensors that a trace commits to, in its order for each position.</summary>
internal interface ITensorSink
{
    /// <summary>
    /// Slot is the token of the batch: slots are appended in order by the owner. Name is operator
    /// and tensor, as "attention.norm".
    /// </summary>
    void Add(
        int slot, string name, TensorType type, ReadOnlySpan<int> dims, ReadOnlySpan<byte> data);
}
