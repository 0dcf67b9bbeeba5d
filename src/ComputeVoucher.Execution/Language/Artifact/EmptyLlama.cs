namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Empty parameters for an artifact to fill. Every piece is charged against the bytes that the
/// artifact has, before memory is taken for it.
/// </summary>
internal sealed class EmptyLlama(
    LlamaShape shape, long bytes, WeightArena arena, ByteSource source)
{
    private long _left = bytes;

    /// <summary>Memory of the matrices made here.</summary>
    public WeightArena Arena => arena;

    public QuantMatrix Matrix(WeightId id, byte form)
    {
        if (!WeightForms.IsKnown(form))
        {
            throw source.Refuse($"has a matrix of unknown form {form}; import the model again");
        }

        (int rows, int columns) = shape.Of(id);
        int cells = (columns + 31) / 32;
        Charge((long)rows * cells * WeightForms.CellBytes((WeightForm)form));
        return new QuantMatrix((WeightForm)form, rows, columns, arena);
    }

    public NormVector Norm(byte exponent)
    {
        Charge(2L * shape.Dim);
        return exponent <= NormVector.ExponentMax
            ? new NormVector(new short[shape.Dim], exponent)
            : throw source.Refuse($"has a gain exponent of {exponent}; import the model again");
    }

    public int[] Rotary()
    {
        Charge(4L * shape.Context * shape.HeadDim);
        return new int[shape.Context * shape.HeadDim];
    }

    private void Charge(long wanted)
    {
        _left -= wanted;
        if (_left < 0)
        {
            throw source.Refuse("has fewer parameters than its architecture; it is cut off");
        }
    }
}
