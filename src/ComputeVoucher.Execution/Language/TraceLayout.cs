using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Language;

/// <summary>A tensor of the list; layer 0 where the tensor belongs to none.</summary>
internal readonly record struct TracePlace(TraceTensor Tensor, int Position, int Layer)
{
    /// <summary>Another tensor of the same position and layer.</summary>
    public TracePlace Of(TraceTensor tensor) => this with { Tensor = tensor };

    /// <summary>A tensor of another position of the same layer.</summary>
    public TracePlace Of(TraceTensor tensor, int position) => new(tensor, position, Layer);
}

/// <summary>
/// What a scalar says: of a norm the lowest index of the largest |x|, that |x|, the partial sums
/// of squares and the integer reciprocal root; of an int16 row the lowest index of the largest
/// magnitude and the exponent; of a softmax the lowest token of the largest score, that score, D.
/// </summary>
internal enum ScalarKind
{
    NormWitness, NormMax, NormSquares, NormRoot,
    RowWitness, RowExponent,
    SoftmaxWitness, SoftmaxMax, SoftmaxSum,
}

/// <summary>
/// One number among the scalars: which row they stand before, and of which head or part.
/// </summary>
internal readonly record struct TraceScalar(ScalarKind Kind, TraceTensor Row, int Part);

/// <summary>
/// The one place that says what a trace commits to: which tensor stands where in the list, its
/// type and shape, and what stands where among the scalars. A closed form of the architecture and
/// the record, so that the trace of fewer steps is a prefix.
/// </summary>
/// <remarks>
/// Whatever an element follows from stands strictly left of it, by list index and then by offset:
/// scalars directly before the tensor that reads them, partial sums before their sum. So left of
/// the first difference between two traces of one order all is equal, and whoever ran the order
/// himself can open every operand of the element that differs.
/// </remarks>
internal sealed class TraceLayout
{
    private static readonly string[] s_names =
    [
        "input", "embed", "attention.norm.scalars", "attention.norm", "qkv.parts", "qkv",
        "rope.scalars", "rope", "weights.scalars", "weights", "weights.sum", "weights.mix",
        "attention.output.scalars", "attention.output", "attention.parts", "attention",
        "feedforward.norm.scalars", "feedforward.norm", "gate_up.parts", "gate_up",
        "swiglu.scalars", "swiglu", "feedforward.parts", "feedforward", "final.norm.scalars",
        "final.norm", "logits.parts", "logits", "candidates", "candidates.logits", "token",
    ];

    private const TraceTensor FirstOfLayer = TraceTensor.AttentionNormScalars;
    private const TraceTensor FirstOfHead = TraceTensor.FinalNormScalars;

    private readonly LlamaShape _shape;
    private readonly TensorType _residual;
    private readonly Dictionary<TraceTensor, TraceScalar[]> _scalars;
    private readonly Dictionary<TraceScalar, int> _offsets = [];

    /// <param name="model">The architecture.</param>
    /// <param name="record">What the order asks for.</param>
    public TraceLayout(LlamaArchitecture model, in RecordHeader record)
    {
        _shape = model.Shape;
        _residual = model.ResidualBits == 64 ? TensorType.Int64 : TensorType.Int32;
        Record = record;
        Candidates = (int)Math.Min(record.Sampling.TopK, (uint)_shape.Vocab);
        _scalars = new()
        {
            [TraceTensor.AttentionNormScalars] = [.. OfNorm(TraceTensor.AttentionNorm)],
            [TraceTensor.RopeScalars] =
                [.. OfRow(TraceTensor.Rope, _shape.Heads + 2 * _shape.KvHeads)],
            [TraceTensor.WeightsScalars] =
            [
                .. Each(
                    _shape.Heads, TraceTensor.Weights, ScalarKind.SoftmaxWitness,
                    ScalarKind.SoftmaxMax),
            ],
            [TraceTensor.AttentionOutputScalars] =
            [
                .. Each(_shape.Heads, TraceTensor.AttentionOutput, ScalarKind.SoftmaxSum),
                .. OfRow(TraceTensor.AttentionOutput),
            ],
            [TraceTensor.FeedForwardNormScalars] = [.. OfNorm(TraceTensor.FeedForwardNorm)],
            [TraceTensor.SwiGluScalars] = [.. OfRow(TraceTensor.SwiGlu)],
            [TraceTensor.FinalNormScalars] = [.. OfNorm(TraceTensor.FinalNorm)],
        };
        foreach (TraceScalar[] scalars in _scalars.Values)
        {
            for (int i = 0; i < scalars.Length; i++)
            {
                _offsets[scalars[i]] = i;
            }
        }
    }

    public RecordHeader Record { get; }

    /// <summary>Tokens that a draw chooses among; 0 where the choice is greedy.</summary>
    public int Candidates { get; }

    public static string Name(TraceTensor tensor) => s_names[(int)tensor];

    /// <summary>Tensors before those of a position: how many a run of so many has.</summary>
    public long Before(int position) =>
        1 + (long)position + _shape.Layers * ((long)position * InLayer(0) +
            2L * Math.Max(0, position - AttentionWork.PartialTokens)) +
        (long)Math.Max(0, position - (Record.Prompt - 1)) * InHead;

    /// <summary>Tensors of a trace of so many steps; the last token is not run.</summary>
    public long Tensors(uint steps) => Before(Record.Prompt - 1 + (int)steps);

    /// <summary>Place in the list.</summary>
    public int Index(in TracePlace at) => (int)(at.Tensor switch
    {
        TraceTensor.Input => 0,
        TraceTensor.Embed => Before(at.Position),
        < FirstOfHead => Before(at.Position) + 1 + at.Layer * InLayer(at.Position) +
            Count(FirstOfLayer, at.Tensor, at.Position),
        _ => Before(at.Position) + 1 + _shape.Layers * InLayer(at.Position) +
            Count(FirstOfHead, at.Tensor, at.Position),
    });

    /// <summary>The inverse of <see cref="Index"/>, for an index below 2^24.</summary>
    public TracePlace Locate(int index)
    {
        if (index == 0)
        {
            return default;
        }

        int position = 0;
        for (int step = 1 << 24; step > 0; step >>= 1)
        {
            position += Before(position + step) <= index ? step : 0;
        }

        int rest = index - (int)Before(position) - 1;
        int layer = Math.Max(0, rest) / InLayer(position);
        TraceTensor tensor = rest < 0 ? TraceTensor.Embed
            : layer < _shape.Layers ? FirstOfLayer : FirstOfHead;
        rest -= layer * InLayer(position);
        while ((rest -= Has(tensor, position) ? 1 : 0) >= 0)
        {
            tensor++;
        }

        bool layered = tensor is >= FirstOfLayer and < FirstOfHead;
        return new TracePlace(tensor, position, layered ? layer : 0);
    }

    public TensorType Type(TraceTensor tensor) => tensor switch
    {
        TraceTensor.Input => TensorType.UInt8,
        TraceTensor.Embed or TraceTensor.Attention or TraceTensor.FeedForward => _residual,
        TraceTensor.AttentionNorm or TraceTensor.Rope or TraceTensor.AttentionOutput or
            TraceTensor.FeedForwardNorm or TraceTensor.SwiGlu or TraceTensor.FinalNorm =>
            TensorType.Int16,
        TraceTensor.Qkv or TraceTensor.Weights or TraceTensor.GateUp or TraceTensor.Logits or
            >= TraceTensor.Candidates => TensorType.Int32,
        _ => TensorType.Int64,
    };

    public int[] Dims(in TracePlace at)
    {
        LlamaShape s = _shape;
        int tokens = at.Position + 1;
        return at.Tensor switch
        {
            TraceTensor.Input => [Record.Bytes],
            TraceTensor.Qkv or TraceTensor.Rope => [s.QueryDim + 2 * s.KvDim],
            TraceTensor.QkvParts =>
                [s.QueryDim + 2 * s.KvDim, MatrixWork.PartialCount(s.Dim)],
            TraceTensor.Weights => [s.Heads, tokens],
            TraceTensor.WeightsSum => [s.Heads, AttentionWork.Parts(tokens)],
            TraceTensor.WeightsMix => [s.Heads, s.HeadDim, AttentionWork.Parts(tokens)],
            TraceTensor.AttentionOutput => [s.QueryDim],
            TraceTensor.AttentionParts => [s.Dim, MatrixWork.PartialCount(s.QueryDim)],
            TraceTensor.GateUp => [2 * s.Hidden],
            TraceTensor.GateUpParts => [2 * s.Hidden, MatrixWork.PartialCount(s.Dim)],
            TraceTensor.SwiGlu => [s.Hidden],
            TraceTensor.FeedForwardParts => [s.Dim, MatrixWork.PartialCount(s.Hidden)],
            TraceTensor.Logits => [s.Vocab],
            TraceTensor.LogitsParts => [s.Vocab, MatrixWork.PartialCount(s.Dim)],
            TraceTensor.Candidates or TraceTensor.CandidateLogits => [Candidates],
            TraceTensor.Token => [1],
            _ => [IsScalars(at.Tensor) ? Scalars(at.Tensor).Length : s.Dim],
        };
    }

    /// <summary>Whether a tensor holds scalars: those of the tensor that follows it.</summary>
    public bool IsScalars(TraceTensor tensor) => _scalars.ContainsKey(tensor);

    /// <summary>What stands where among the scalars of one tensor.</summary>
    public ReadOnlySpan<TraceScalar> Scalars(TraceTensor scalars) => _scalars[scalars];

    /// <summary>The most scalars of one tensor.</summary>
    public int ScalarsMax => _scalars.Values.Max(s => s.Length);

    /// <summary>The inverse of <see cref="Scalars"/>.</summary>
    public int Offset(TraceTensor row, ScalarKind kind, int part = 0) =>
        _offsets[new TraceScalar(kind, row, part)];

    private IEnumerable<TraceScalar> OfNorm(TraceTensor norm) =>
    [
        .. Each(1, norm, ScalarKind.NormWitness, ScalarKind.NormMax),
        .. Each(RmsNorm.SquareParts(_shape.Dim), norm, ScalarKind.NormSquares),
        .. Each(1, norm, ScalarKind.NormRoot),
        .. OfRow(norm),
    ];

    private static IEnumerable<TraceScalar> OfRow(TraceTensor row, int heads = 1) =>
        Each(heads, row, ScalarKind.RowWitness, ScalarKind.RowExponent);

    private static IEnumerable<TraceScalar> Each(
        int parts, TraceTensor row, params ScalarKind[] kinds) =>
        from part in Enumerable.Range(0, parts)
        from kind in kinds
        select new TraceScalar(kind, row, part);

    /// <summary>Whether a position has this tensor.</summary>
    private bool Has(TraceTensor tensor, int position) => tensor switch
    {
        TraceTensor.QkvParts or TraceTensor.GateUpParts or TraceTensor.LogitsParts =>
            MatrixWork.PartialCount(_shape.Dim) > 1,
        TraceTensor.AttentionParts => MatrixWork.PartialCount(_shape.QueryDim) > 1,
        TraceTensor.FeedForwardParts => MatrixWork.PartialCount(_shape.Hidden) > 1,
        TraceTensor.WeightsSum or TraceTensor.WeightsMix =>
            position >= AttentionWork.PartialTokens,
        TraceTensor.Candidates or TraceTensor.CandidateLogits => Candidates > 0,
        _ => true,
    };

    private int Count(TraceTensor from, TraceTensor to, int position)
    {
        int count = 0;
        for (TraceTensor tensor = from; tensor < to; tensor++)
        {
            count += Has(tensor, position) ? 1 : 0;
        }

        return count;
    }

    private int InLayer(int position) =>
        Count(FirstOfLayer, FirstOfHead, position);

    private int InHead => Count(FirstOfHead, TraceTensor.Token + 1, 0);
}

/// <summary>
/// What a trace commits to, in the order of its list: the record once; from Embed on, position by
/// position; from AttentionNormScalars to FeedForward, layer by layer; from FinalNormScalars on
/// where a token is produced. NAME.scalars precedes the tensor that reads them, NAME.parts the
/// product of more than 4,096 columns that it belongs to.
/// </summary>
internal enum TraceTensor
{
    Input,
    Embed,
    AttentionNormScalars, AttentionNorm, QkvParts, Qkv, RopeScalars, Rope,
    WeightsScalars, Weights, WeightsSum, WeightsMix,
    AttentionOutputScalars, AttentionOutput, AttentionParts, Attention,
    FeedForwardNormScalars, FeedForwardNorm, GateUpParts, GateUp,
    SwiGluScalars, SwiGlu, FeedForwardParts, FeedForward,
    FinalNormScalars, FinalNorm, LogitsParts, Logits,
    Candidates, CandidateLogits, Token,
}
