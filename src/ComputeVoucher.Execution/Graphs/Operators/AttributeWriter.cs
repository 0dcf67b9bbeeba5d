using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>Fills the fixed attribute slots of an operator in declaration order.</summary>
internal ref struct AttributeWriter(Span<int> slots)
{
    /// <summary>Slots per operator; PAD needs the most, 13. Unused slots are zero.</summary>
    public const int Slots = 16;

    private readonly Span<int> _slots = slots;
    private int _next;

    public void Write(int value) => _slots[_next++] = value;
}

/// <summary>Reads back what <see cref="AttributeWriter"/> wrote.</summary>
internal ref struct AttributeReader(ReadOnlySpan<int> slots)
{
    private readonly ReadOnlySpan<int> _slots = slots;
    private int _next;

    /// <summary>The slots after the last one read hold zeros: one encoding per operator.</summary>
    public readonly bool RestIsZero => !_slots[_next..].ContainsAnyExcept(0);

    public int Read() => _slots[_next++];
}
