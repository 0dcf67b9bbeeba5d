namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Claims over a whole row, "this index is the lowest that attains the maximum": nothing small
/// shows that they hold, one element that beats the witness shows that they do not.
/// </summary>
internal static class Maximum
{
    /// <summary>How many elements a witness speaks of; 0 where the element is no witness.</summary>
    public static int Rivals(TraceReader reader, in TracePlace at, int index)
    {
        if (!reader.Layout.IsScalars(at.Tensor))
        {
            bool isBest = at.Tensor == TraceTensor.Token && reader.Layout.Candidates == 0;
            return isBest || at.Tensor == TraceTensor.Candidates ? reader.Shape.Vocab : 0;
        }

        TraceScalar scalar = reader.Layout.Scalars(at.Tensor)[index];
        return scalar.Kind switch
        {
            ScalarKind.NormWitness => reader.Shape.Dim,
            ScalarKind.SoftmaxWitness => at.Position + 1,
            ScalarKind.RowWitness => Int16Row.Columns(reader, at.Of(scalar.Row)),
            _ => 0,
        };
    }

    /// <summary>
    /// Whether a rival stands before the witness: it is larger, or as large with a lower index.
    /// Candidate c is the first of what stands behind candidate c − 1.
    /// </summary>
    public static bool Beats(TraceReader reader, in TracePlace at, int index, int rival) =>
        Before(reader, at, index, rival, Witness(reader, at, index)) &&
        (at.Tensor != TraceTensor.Candidates || index == 0 ||
            Before(reader, at, index, Witness(reader, at, index - 1), rival));

    /// <summary>The committed index; candidates must stand behind the one before.</summary>
    public static long Element(TraceReader reader, in TracePlace at, int index)
    {
        int witness = Witness(reader, at, index);
        reader.RefuteUnless(at.Tensor != TraceTensor.Candidates || index == 0 ||
            Before(reader, at, index, Witness(reader, at, index - 1), witness));
        return witness;
    }

    private static int Witness(TraceReader reader, in TracePlace at, int index) =>
        reader.Within(reader.Get(at, index), Rivals(reader, at, index));

    private static bool Before(
        TraceReader reader, in TracePlace at, int index, int first, int second)
    {
        long a = Size(reader, at, index, first);
        long b = Size(reader, at, index, second);
        return a > b || (a == b && first < second);
    }

    private static long Size(TraceReader reader, in TracePlace at, int index, int element)
    {
        if (!reader.Layout.IsScalars(at.Tensor))
        {
            return reader.Get(at.Of(TraceTensor.Logits), element);
        }

        (ScalarKind kind, TraceTensor row, int head) = reader.Layout.Scalars(at.Tensor)[index];
        return kind switch
        {
            ScalarKind.NormWitness => Rounding.Magnitude(reader.Residual(at.Of(row), element)),
            ScalarKind.SoftmaxWitness => Softmax.Score(reader, at, head, element),
            _ => Int16Row.Magnitude(reader, at.Of(row), head, element),
        };
    }
}
