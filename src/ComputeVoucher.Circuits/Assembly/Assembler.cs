using System;
using ComputeVoucher.Bn254;

namespace ComputeVoucher.Circuits;

/// <summary>
/// Wires, their values and the constraints between them, in one walk: with a writer it makes the
/// circuit, without one the witness or only the counts. A value never decides what is asked for.
/// </summary>
internal sealed class Assembler
{
    private readonly ConstraintWriter? _writer;
    private readonly LinearSum _none = new();
    private readonly LinearSum _a = new();
    private readonly LinearSum _b = new();
    private readonly LinearSum _c = new();
    private Scalar[]? _values;

    /// <param name="writer">Where the constraints go, if anywhere.</param>
    /// <param name="keepsValues">For a witness.</param>
    public Assembler(ConstraintWriter? writer, bool keepsValues)
    {
        _writer = writer;
        _values = keepsValues ? new Scalar[1 << 12] : null;
        New(1);
    }

    public int Wires { get; private set; }

    public int Constraints { get; private set; }

    /// <summary>A copy of all values, where they are kept.</summary>
    public Scalar[] Values => _values.AsSpan(0, _values is null ? 0 : Wires).ToArray();

    public int New(long value)
    {
        if (Wires == _values?.Length)
        {
            Array.Resize(ref _values, 2 * Wires);
        }

        Set(Wires, LinearSum.Of(value));
        return Wires++;
    }

    /// <summary>Gives a wire that is there its value.</summary>
    public void Set(int wire, in Fr value)
    {
        if (_values is not null)
        {
            _values[wire] = Scalar.Of(value);
        }
    }

    /// <summary>Asks for sum = 0.</summary>
    public void Linear(LinearSum sum) => Write(_none, _none, sum);

    /// <summary>Asks for a · b = c.</summary>
    public void Product(LinearSum a, LinearSum b, LinearSum c) => Write(a, b, c);

    /// <summary>A wire that is 0 or 1.</summary>
    public int Bit(bool value)
    {
        int bit = New(value ? 1 : 0);
        Product(_a.Clear().Add(bit, 1), _b.Clear().Add(bit, 1).Constant(-1), _c.Clear());
        return bit;
    }

    /// <summary>A wire that is the product of two.</summary>
    public int Product(LinearSum a, LinearSum b, long value)
    {
        int product = New(value);
        Product(a, b, _c.Clear().Add(product, 1));
        return product;
    }

    private void Write(LinearSum a, LinearSum b, LinearSum c)
    {
        Constraints++;
        if (_writer is not null)
        {
            _writer.Write(a.Wires, a.Factors);
            _writer.Write(b.Wires, b.Factors);
            _writer.Write(c.Wires, c.Factors);
        }
    }
}
