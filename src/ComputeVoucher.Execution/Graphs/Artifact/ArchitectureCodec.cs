using System;
using System.Buffers.Binary;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// The canonical encoding of everything about a graph but its parameters: one encoding per graph,
/// fixed width, every number 32 bits little endian. It is what the architecture digest hashes and
/// what a `.cvm` file stores.
/// <code>
/// header    encoding version (1), inputs n, operators m, outputs k
/// n times   tensor
/// m times   kind, tensor (its output), inputs read, 2 activation numbers (−1: none),
///           16 attributes (those of the kind in their order, then zeros)
/// k times   activation number
/// tensor    element type, rank, 6 dimensions (zeros after the rank), zero point, least and
///           greatest value of the declared range
/// </code>
/// Activations are numbered inputs first, then operators. Attributes by kind: window = filter
/// height and width, stride, dilation (each height, width), padding top and left; clamp = least and
/// greatest output; factor = multiplier, shift.
/// <code>
/// CONV_2D             window, filter depth, clamp
/// DEPTHWISE_CONV_2D   window, clamp
/// FULLY_CONNECTED     depth, zero point of the weights, clamp
/// AVERAGE_/MAX_POOL   window, clamp
/// MEAN                bit set of reduced dimensions, factor with 1/count folded in
/// ADD                 factor of either input, factor of the sum, clamp
/// PAD                 6 borders before, 6 after
/// TRANSPOSE           permutation
/// SOFTMAX             multiplier, left shift, least difference
/// QUANTIZE            factor
/// RESHAPE             none
/// </code>
/// </summary>
internal static class ArchitectureCodec
{
    private const int Version = 1;
    private const int HeaderInts = 4;
    private const int TensorInts = 2 + GraphTensor.RankMax + 3;
    private const int InputSlots = 2;
    private const int OperatorInts = 1 + TensorInts + 1 + InputSlots + AttributeWriter.Slots;

    public static byte[] Encode(Graph graph)
    {
        int ints = HeaderInts + graph.Inputs.Length * TensorInts
            + graph.Operators.Length * OperatorInts + graph.Outputs.Length;
        int[] all = new int[ints];
        all[0] = Version;
        all[1] = graph.Inputs.Length;
        all[2] = graph.Operators.Length;
        all[3] = graph.Outputs.Length;
        Span<int> rest = all.AsSpan(HeaderInts);
        foreach (GraphTensor input in graph.Inputs)
        {
            EncodeTensor(input, rest[..TensorInts]);
            rest = rest[TensorInts..];
        }

        foreach (Operator op in graph.Operators)
        {
            EncodeOperator(op, rest[..OperatorInts]);
            rest = rest[OperatorInts..];
        }

        graph.Outputs.CopyTo(rest);
        byte[] encoded = new byte[4 * ints];
        for (int i = 0; i < ints; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(encoded.AsSpan(4 * i), all[i]);
        }

        return encoded;
    }

    /// <summary>Longest encoding that <see cref="GraphLimits"/> leaves room for.</summary>
    public static int BytesMax => 4 * (HeaderInts + GraphLimits.EndsMax * (TensorInts + 1)
        + GraphLimits.OperatorsMax * OperatorInts);

    /// <summary>Reads an encoding; parameters come, in order, from the source given.</summary>
    /// <exception cref="ModelException">Not the canonical encoding of a valid graph.</exception>
    public static Graph Decode(ReadOnlySpan<byte> encoded, IParameterSource parameters)
    {
        if (encoded.Length % 4 != 0 || encoded.Length < 4 * HeaderInts
            || encoded.Length > BytesMax)
        {
            throw Damaged($"{encoded.Length} bytes");
        }

        int[] ints = new int[encoded.Length / 4];
        for (int i = 0; i < ints.Length; i++)
        {
            ints[i] = BinaryPrimitives.ReadInt32LittleEndian(encoded[(4 * i)..]);
        }

        (int inputs, int operators, int outputs) = (ints[1], ints[2], ints[3]);
        if (ints[0] != Version || inputs is < 1 or > GraphLimits.EndsMax
            || operators is < 1 or > GraphLimits.OperatorsMax
            || outputs is < 1 or > GraphLimits.EndsMax
            || ints.Length != HeaderInts + inputs * TensorInts + operators * OperatorInts + outputs)
        {
            throw Damaged("its header and its length disagree");
        }

        return DecodeBody(ints, inputs, operators, parameters);
    }

    private static Graph DecodeBody(
        ReadOnlySpan<int> ints, int inputs, int operators, IParameterSource parameters)
    {
        GraphTensor[] tensors = new GraphTensor[inputs + operators];
        Operator[] decoded = new Operator[operators];
        ReadOnlySpan<int> rest = ints[HeaderInts..];
        for (int i = 0; i < inputs; i++)
        {
            tensors[i] = DecodeTensor(rest[..TensorInts]);
            rest = rest[TensorInts..];
        }

        for (int i = 0; i < operators; i++)
        {
            decoded[i] = DecodeOperator(
                i, rest[..OperatorInts], tensors.AsSpan(0, inputs + i), parameters);
            tensors[inputs + i] = decoded[i].Output;
            rest = rest[OperatorInts..];
        }

        return new Graph(tensors.AsSpan(0, inputs), decoded, rest);
    }

    private static void EncodeTensor(GraphTensor tensor, Span<int> ints)
    {
        ints[0] = (int)tensor.Type;
        ints[1] = tensor.Rank;
        tensor.Dims.CopyTo(ints[2..]);
        Span<int> tail = ints[(2 + GraphTensor.RankMax)..];
        tail[0] = tensor.ZeroPoint;
        tail[1] = tensor.Min;
        tail[2] = tensor.Max;
    }

    private static GraphTensor DecodeTensor(ReadOnlySpan<int> ints)
    {
        int rank = ints[1];
        if (rank is < 1 or > GraphTensor.RankMax
            || ints[(2 + rank)..(2 + GraphTensor.RankMax)].ContainsAnyExcept(0)
            || ints[0] is < byte.MinValue or > byte.MaxValue)
        {
            throw Damaged("a tensor has no valid shape");
        }

        ReadOnlySpan<int> tail = ints[(2 + GraphTensor.RankMax)..];
        GraphTensor tensor = new((TensorType)ints[0], ints.Slice(2, rank), tail[0]);
        return tail[1] == tensor.Min && tail[2] == tensor.Max
            ? tensor
            : throw Damaged("a tensor declares a range that its type does not have");
    }

    private static void EncodeOperator(Operator op, Span<int> ints)
    {
        ints[0] = (int)op.Kind;
        EncodeTensor(op.Output, ints.Slice(1, TensorInts));
        Span<int> rest = ints[(1 + TensorInts)..];
        rest[0] = op.Wiring.InputIds.Length;
        rest.Slice(1, InputSlots).Fill(-1);
        op.Wiring.InputIds.CopyTo(rest[1..]);
        AttributeWriter writer = new(rest.Slice(1 + InputSlots, AttributeWriter.Slots));
        op.WriteAttributes(ref writer);
    }

    private static Operator DecodeOperator(
        int index, ReadOnlySpan<int> ints, ReadOnlySpan<GraphTensor> before,
        IParameterSource parameters)
    {
        GraphTensor output = DecodeTensor(ints.Slice(1, TensorInts));
        ReadOnlySpan<int> rest = ints[(1 + TensorInts)..];
        int wanted = ints[0] == (int)OperatorKind.Add ? 2 : 1;
        if (rest[0] != wanted || rest.Slice(1 + wanted, InputSlots - wanted).ContainsAnyExcept(-1))
        {
            throw Damaged($"operator {index} has {rest[0]} inputs");
        }

        int[] ids = rest.Slice(1, wanted).ToArray();
        GraphTensor[] inputs = new GraphTensor[wanted];
        for (int i = 0; i < wanted; i++)
        {
            inputs[i] = ids[i] >= 0 && ids[i] < before.Length
                ? before[ids[i]]
                : throw Damaged($"operator {index} reads activation {ids[i]}");
        }

        AttributeReader reader = new(rest.Slice(1 + InputSlots, AttributeWriter.Slots));
        Wiring wiring = new(index, ids, inputs, output);
        Operator op = OperatorDecoder.Decode(ints[0], wiring, ref reader, parameters);
        return reader.RestIsZero ? op : throw Damaged($"operator {index} has surplus attributes");
    }

    private static ModelException Damaged(string what) =>
        new($"the architecture is damaged: {what}");
}
