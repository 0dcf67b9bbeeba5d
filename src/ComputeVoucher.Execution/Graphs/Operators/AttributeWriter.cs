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
