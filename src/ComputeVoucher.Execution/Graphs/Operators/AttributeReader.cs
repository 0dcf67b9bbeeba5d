using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>Reads back what <see cref="AttributeWriter"/> wrote.</summary>
internal ref struct AttributeReader(ReadOnlySpan<int> slots)
{
    private readonly ReadOnlySpan<int> _slots = slots;
    private int _next;

    /// <summary>The slots after the last one read hold zeros: one encoding per operator.</summary>
    public readonly bool RestIsZero => !_slots[_next..].ContainsAnyExcept(0);

    public int Read() => _slots[_next++];
}
