using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// Operators from their attribute slots; each constructor judges what it is given.
/// </summary>
internal static class OperatorDecoder
{
    public static Operator Decode(
        int kind, Wiring wiring, ref AttributeReader reader, IParameterSource parameters)
    {
        switch ((OperatorKind)kind)
        {
            case OperatorKind.Conv2D:
            case OperatorKind.DepthwiseConv2D:
            case OperatorKind.FullyConnected:
                return DecodeLayer((OperatorKind)kind, wiring, ref reader, parameters);
            case OperatorKind.AveragePool2D:
                return new AveragePool2D(
                    wiring, Window.Read(ref reader), Activation.Read(ref reader));
            case OperatorKind.MaxPool2D:
                return new MaxPool2D(wiring, Window.Read(ref reader), Activation.Read(ref reader));
            case OperatorKind.Mean:
                return new Mean(wiring, reader.Read(), reader.Read(), reader.Read());
            case OperatorKind.Add:
                return new Add(
                    wiring, Rescale.Read(ref reader), Rescale.Read(ref reader),
                    Rescale.Read(ref reader), Activation.Read(ref reader));
            case OperatorKind.Pad:
                return DecodePad(wiring, ref reader);
            case OperatorKind.Reshape:
                return new Reshape(wiring);
            case OperatorKind.Transpose:
                Span<int> perm = stackalloc int[wiring.Input.Rank];
                Fill(perm, ref reader);
                return new Transpose(wiring, perm);
            case OperatorKind.Softmax:
                return new Softmax(wiring, reader.Read(), reader.Read(), reader.Read());
            case OperatorKind.Quantize:
                return new Quantize(wiring, Rescale.Read(ref reader));
            default:
                throw new ModelException($"operator {wiring.Index}: kind {kind} is unknown");
        }
    }

    private static Operator DecodeLayer(
        OperatorKind kind, Wiring wiring, ref AttributeReader reader, IParameterSource parameters)
    {
        if (kind == OperatorKind.FullyConnected)
        {
            int depth = reader.Read();
            return new FullyConnected(
                wiring, depth, reader.Read(), Activation.Read(ref reader),
                parameters.Take(wiring.Output.Last, depth));
        }

        Window window = Window.Read(ref reader);
        window.Check(wiring, kind);
        if (kind == OperatorKind.DepthwiseConv2D)
        {
            return new DepthwiseConv2D(
                wiring, window, Activation.Read(ref reader),
                parameters.Take(wiring.Output.Last, window.Taps));
        }

        int filterDepth = reader.Read();
        return new Conv2D(
            wiring, window, filterDepth, Activation.Read(ref reader),
            parameters.Take(
                wiring.Output.Last, Conv2D.WeightsPerChannel(window, filterDepth)));
    }

    private static Pad DecodePad(Wiring wiring, ref AttributeReader reader)
    {
        Span<int> before = stackalloc int[GraphTensor.RankMax];
        Span<int> after = stackalloc int[GraphTensor.RankMax];
        Fill(before, ref reader);
        Fill(after, ref reader);
        int rank = wiring.Input.Rank;
        wiring.Require(
            !before[rank..].ContainsAnyExcept(0) && !after[rank..].ContainsAnyExcept(0),
            OperatorKind.Pad,
            "it pads dimensions that it does not have");
        return new Pad(wiring, before[..rank], after[..rank]);
    }

    private static void Fill(scoped Span<int> values, ref AttributeReader reader)
    {
        foreach (ref int value in values)
        {
            value = reader.Read();
        }
    }
}
