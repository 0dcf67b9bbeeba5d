namespace ComputeVoucher.Execution.Language;

/// <summary>
/// One element of anything that a trace commits to, from committed elements and parameters: the
/// operator that defines it, looked up.
/// </summary>
internal static class LlamaElement
{
    public static long Of(TraceReader reader, in TracePlace at, int index) => at.Tensor switch
    {
        TraceTensor.Input => reader.Ordered(index),
        TraceTensor.Embed => Embed.Element(reader, at, index),
        TraceTensor.AttentionNorm or TraceTensor.Rope or TraceTensor.AttentionOutput or
            TraceTensor.FeedForwardNorm or TraceTensor.SwiGlu or TraceTensor.FinalNorm =>
            Int16Row.Element(reader, at, index),
        TraceTensor.QkvParts or TraceTensor.AttentionParts or TraceTensor.GateUpParts or
            TraceTensor.FeedForwardParts or TraceTensor.LogitsParts =>
            Product.Part(reader, at.Of(at.Tensor + 1), index),
        TraceTensor.Qkv or TraceTensor.Attention or TraceTensor.GateUp or
            TraceTensor.FeedForward or TraceTensor.Logits => Product.Element(reader, at, index),
        TraceTensor.Weights => Softmax.Element(reader, at, index),
        TraceTensor.WeightsSum => Softmax.SumPart(reader, at, index),
        TraceTensor.WeightsMix => ValueMix.Part(reader, at, index),
        TraceTensor.CandidateLogits => Sampler.CandidateLogit(reader, at, index),
        TraceTensor.Token when reader.Layout.Candidates > 0 => Sampler.Drawn(reader, at),
        TraceTensor.Candidates or TraceTensor.Token => Maximum.Element(reader, at, index),
        _ => Scalar(reader, at, index),
    };

    private static long Scalar(TraceReader reader, in TracePlace at, int index)
    {
        (ScalarKind kind, TraceTensor tensor, int part) = reader.Layout.Scalars(at.Tensor)[index];
        TracePlace row = at.Of(tensor);
        return kind switch
        {
            ScalarKind.NormMax => RmsNorm.Max(reader, row),
            ScalarKind.NormRoot => (long)RmsNorm.Statistics(reader, row).Root,
            ScalarKind.NormSquares => RmsNorm.SquarePart(reader, row, part),
            ScalarKind.RowExponent => Int16Row.Exponent(reader, row, part),
            ScalarKind.SoftmaxMax => Softmax.Max(reader, row, part),
            ScalarKind.SoftmaxSum => Softmax.Sum(reader, row, part),
            _ => Maximum.Element(reader, at, index),
        };
    }
}
