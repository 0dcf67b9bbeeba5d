namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Claims over a whole row, "this index is the lowest that attains the maximum": nothing small
/// shows that they hold, one element that beats the witness shows that they do not.
/// </summary>
internal static class Maximum
{
    /// <summary>How many elements a witness speaks of; 0 where the element is no witness.</summary>
    public static int Rivals(
        LlamaShape shape, TraceLayout layout, TraceTensor tensor, int position, int index)
    {
        if (tensor is TraceTensor.Scalars or TraceTensor.FinalScalars)
        {
            TraceScalar scalar = layout.Scalar(tensor, index);
            return scalar.Kind switch
            {
                ScalarKind.NormWitness => shape.Dim,
                ScalarKind.SoftmaxWitness => position + 1,
                ScalarKind.RowWitness => scalar.Row == TraceTensor.Rope
                    ? shape.HeadDim : layout.Dims(scalar.Row, position)[0],
                _ => 0,
            };
        }

        return tensor == TraceTensor.Candidates ||
            (tensor == TraceTensor.Token && layout.Candidates == 0) ? shape.Vocab : 0;
    }

    /// <summary>
    /// Whether a rival stands before the witness: it is larger, or as large with a lower index.
    /// Candidate c is the first of what stands behind candidate c − 1.
    /// </summary>
    public static bool Beats<T>(
        TraceReader<T> reader, TraceTensor tensor, int position, int layer, int index, int rival)
        where T : struct, ITraceSource
    {
        int witness = Witness(reader, tensor, position, layer, index);
        bool before = Before(reader, tensor, position, layer, index, rival, witness);
        return before && (tensor != TraceTensor.Candidates || index == 0 || Before(
            reader, tensor, position, layer, index,
            Witness(reader, tensor, position, layer, index - 1), rival));
    }

    /// <summary>The committed index, and for candidates that it follows the one before.</summary>
    public static long Element<T>(
        TraceReader<T> reader, TraceTensor tensor, int position, int layer, int index)
        where T : struct, ITraceSource
    {
        int witness = Witness(reader, tensor, position, layer, index);
        if (tensor == TraceTensor.Candidates && index > 0 && !Before(
            reader, tensor, position, layer, index,
            Witness(reader, tensor, position, layer, index - 1), witness))
        {
            reader.Refute();
        }

        return witness;
    }

    private static int Witness<T>(
        TraceReader<T> reader, TraceTensor tensor, int position, int layer, int index)
        where T : struct, ITraceSource => reader.Within(
            reader.Get(tensor, position, layer, index),
            Rivals(reader.Shape, reader.Layout, tensor, position, index));

    private static bool Before<T>(
        TraceReader<T> reader, TraceTensor tensor, int position, int layer, int index,
        int first, int second)
        where T : struct, ITraceSource
    {
        long a = Size(reader, tensor, position, layer, index, first);
        long b = Size(reader, tensor, position, layer, index, second);
        return a > b || (a == b && first < second);
    }

    private static long Size<T>(
        TraceReader<T> reader, TraceTensor tensor, int position, int layer, int index, int element)
        where T : struct, ITraceSource
    {
        if (tensor is not (TraceTensor.Scalars or TraceTensor.FinalScalars))
        {
            return reader.Get(TraceTensor.Logits, position, layer, element);
        }

        (ScalarKind kind, TraceTensor row, int head) = reader.Layout.Scalar(tensor, index);
        return kind switch
        {
            ScalarKind.NormWitness => Rounding.Magnitude(
                reader.Residual(row, position, layer, element)),
            ScalarKind.SoftmaxWitness => Softmax.Score(reader, position, layer, head, element),
            _ => Int16Row.Magnitude(reader, row, position, layer, head, element),
        };
    }
}
