namespace ComputeVoucher.Execution.Language;

/// <summary>
/// One element of anything that a trace commits to, from committed elements and parameters: the
/// operator that defines it, looked up.
/// </summary>
internal static class LlamaElement
{
    public static long Of<T>(
        TraceReader<T> reader, TraceTensor tensor, int position, int layer, int index)
        where T : struct, ITraceSource => tensor switch
        {
            TraceTensor.Input => reader.Ordered(index),
            TraceTensor.Embed => Embed.Element(reader, position, index),
            TraceTensor.AttentionNorm or TraceTensor.Rope or TraceTensor.AttentionOutput or
                TraceTensor.FeedForwardNorm or TraceTensor.SwiGlu or TraceTensor.FinalNorm =>
                Int16Row.Element(reader, tensor, position, layer, index),
            TraceTensor.QkvParts or TraceTensor.AttentionParts or TraceTensor.GateUpParts or
                TraceTensor.FeedForwardParts or TraceTensor.LogitsParts =>
                Product.Part(reader, tensor + 1, position, layer, index),
            TraceTensor.Qkv or TraceTensor.Attention or TraceTensor.GateUp or
                TraceTensor.FeedForward or TraceTensor.Logits =>
                Product.Element(reader, tensor, position, layer, index),
            TraceTensor.Weights => Softmax.Element(reader, position, layer, index),
            TraceTensor.WeightsSum => Softmax.SumPart(reader, position, layer, index),
            TraceTensor.WeightsMix => ValueMix.Part(reader, position, layer, index),
            TraceTensor.Candidates =>
                Maximum.Element(reader, tensor, position, layer, index),
            TraceTensor.CandidateLogits => Sampler.CandidateLogit(reader, position, index),
            TraceTensor.Token when reader.Layout.Candidates > 0 =>
                Sampler.Drawn(reader, position),
            TraceTensor.Token => Maximum.Element(reader, tensor, position, layer, index),
            _ => Scalar(reader, tensor, position, layer, index),
        };

    private static long Scalar<T>(
        TraceReader<T> reader, TraceTensor scalars, int position, int layer, int index)
        where T : struct, ITraceSource
    {
        (ScalarKind kind, TraceTensor row, int part) = reader.Layout.Scalar(scalars, index);
        return kind switch
        {
            ScalarKind.NormMax => RmsNorm.Max(reader, row, position, layer),
            ScalarKind.NormRoot => RmsNorm.Root(reader, row, position, layer),
            ScalarKind.NormSquares => RmsNorm.SquarePart(reader, row, position, layer, part),
            ScalarKind.RowExponent => Int16Row.Exponent(reader, row, position, layer, part),
            ScalarKind.SoftmaxMax => Softmax.Max(reader, position, layer, part),
            ScalarKind.SoftmaxSum => Softmax.Sum(reader, position, layer, part),
            _ => Maximum.Element(reader, scalars, position, layer, index),
        };
    }
}
