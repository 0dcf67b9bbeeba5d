using System;

namespace ComputeVoucher.Circuits;

/// <summary>Wires times factors, plus a constant: one side of a constraint. Its memory is used
/// again for the next one.</summary>
internal sealed class LinearSum
{
    private int[] _wires = new int[16];
    private Fr[] _factors = new Fr[16];
    private int _count = 1;

    // The first place is the constant's.
    public ReadOnlySpan<int> Wires => _wires.AsSpan(IsConstantZero ? 1 : 0, Length);

    public ReadOnlySpan<Fr> Factors => _factors.AsSpan(IsConstantZero ? 1 : 0, Length);

    private bool IsConstantZero => _factors[0].IsZero;

    private int Length => _count - (IsConstantZero ? 1 : 0);

    public LinearSum Clear()
    {
        (_count, _factors[0]) = (1, default);
        return this;
    }

    /// <param name="wire">Not 0, and not added before.</param>
    /// <param name="factor">Any number.</param>
    public LinearSum Add(int wire, long factor) => Add(wire, Of(factor));

    public LinearSum Add(int wire, in Fr factor)
    {
        if (_count == _wires.Length)
        {
            Array.Resize(ref _wires, 2 * _count);
            Array.Resize(ref _factors, 2 * _count);
        }

        _wires[_count] = wire;
        _factors[_count++] = factor;
        return this;
    }

    /// <summary>A byte, constant or not.</summary>
    public LinearSum Add(in Signal signal, long factor) => signal.Wire == 0
        ? Constant(signal.Factor * factor)
        : Add(signal.Wire, factor);

    public LinearSum Constant(long value) => Constant(Of(value));

    public LinearSum Constant(in Fr value)
    {
        _factors[0] += value;
        return this;
    }

    /// <summary>A number of either sign in the field.</summary>
    public static Fr Of(long value) => value >= 0
        ? Fr.FromInteger((ulong)value)
        : default(Fr) - Fr.FromInteger((ulong)-value);
}
