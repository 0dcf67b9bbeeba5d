namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Empty parameters for an artifact to fill. Every piece is charged against the bytes that the
/// artifact has, before memory is taken for it.
/// </summary>
internal sealed class EmptyLlama(
    LlamaArchitecture model, long bytes, WeightArena arena, ByteSource source)
{
    private readonly LlamaShape _shape = model.Shape;
    private long _left = bytes;

    /// <summary>Memory of the matrices made here.</summary>
    public WeightArena Arena => arena;

    public QuantMatrix Matrix(WeightId id, int layer)
    {
        var form = (WeightForm)model.Kind(id, layer);
        (int rows, int columns) = _shape.Of(id);
        int cells = (columns + 31) / 32;
        Charge((long)rows * cells * WeightForms.CellBytes(form));
        return new QuantMatrix(form, rows, columns, arena);
    }

    public NormVector Norm(WeightId id, int layer)
    {
        Charge(2L * _shape.Dim);
        return new NormVector(new short[_shape.Dim], model.Kind(id, layer));
    }

    public int[] Rotary()
    {
        Charge(4L * _shape.Context * _shape.HeadDim);
        return new int[_shape.Context * _shape.HeadDim];
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
