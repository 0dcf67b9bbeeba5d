using System;
using System.Linq;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Bytes of the proof of one element of a language model, at most, and the gas of judging it: from
/// the architecture alone, so that import and the registry on a chain refuse the same models.
/// </summary>
internal sealed class LlamaProofSize
{
    /// <summary>Version, list index, element, rival.</summary>
    private const int HeaderBytes = 1 + 3 * 4;

    /// <summary>List index of a tensor, place of a row.</summary>
    private const int IndexBytes = 4;

    /// <summary>
    /// Tensors of one layer stand side by side: so many places hold all that an element reads of
    /// it, and of what it reads from the layer before.
    /// </summary>
    private const int LayerSpan = 32;

    /// <summary>Bytes that one number or one cell takes at most.</summary>
    private const int One = 40;

    /// <summary>Most sums of 96 tokens that an output adds up: 32,768 tokens.</summary>
    private const int LongestSums = 8 * 342;

    /// <summary>
    /// Units that a provider runs in a second with the trace, at least: one core of an EPYC (Zen 3,
    /// AVX2) decodes 1.1B weights of 8 bits at 14e9; the rest is left to the hashes.
    /// </summary>
    private const ulong TracedUnitsPerSecond = 4_000_000_000;

    /// <summary>Seconds of the longest run: a quarter of what a provider has in a dispute
    /// (Clocks.BUDGET, 3.5 days), which may take it four runs.</summary>
    private const ulong RunSecondsMax = 75_600;

    private readonly LlamaArchitecture _model;
    private readonly LlamaShape _shape;
    private readonly long _list;

    /// <param name="model">Of the model.</param>
    public LlamaProofSize(LlamaArchitecture model)
    {
        _model = model;
        _shape = model.Shape;
        RecordHeader longest = new(
            1, (uint)_shape.Context, 0, new SamplingOptions(1 << 16, 1, 1 << 16, 0));
        _list = new TraceLayout(model, longest).Tensors((uint)_shape.Context);
    }

    public ElementCost Embed => Few(2, _model.RowBytes(WeightId.Embedding, 0));

    /// <summary>A partial sum of squares, or an element and its gain.</summary>
    public ElementCost Norm
    {
        get
        {
            int columns = Math.Min(RmsNorm.SquareColumns, _shape.Dim);
            long bytes = Many(_model.ResidualBits / 8 * columns);
            return Greater(
                new(bytes, ElementGas.OfRow(bytes, squares: columns)), Few(4, 2L * _shape.Dim));
        }
    }

    public ElementCost Qkv => Product(WeightId.Query, WeightId.Key, WeightId.Value);

    public ElementCost Rope => Few(4, 4L * _shape.HeadDim);

    /// <summary>A witness of the greatest score and its rival: a query and two keys, and their
    /// exponents.</summary>
    public ElementCost Weight => Cost(
        Head + Tensors(
            3 * Tensor(Longest, 2L * _shape.HeadDim) + 4 * Tensor(Longest, One), 7, 3),
        2 * _shape.HeadDim);

    /// <summary>
    /// A sum over 96 tokens whose values or exponents are claimed, or over all such sums.
    /// </summary>
    public ElementCost Mix
    {
        get
        {
            int tokens = Math.Min(_shape.Context, AttentionWork.PartialTokens);
            long claimed = tokens * sizeof(long);
            long weights = Tensor(4L * _shape.Heads * _shape.Context, 4L * tokens);
            long sums = Tensor((long)LongestSums * _shape.QueryDim, LongestSums);
            long bytes = Head + claimed + Tensors(
                Math.Max(weights, sums) + 3 * Tensor(Longest, One), 4, 1);
            return new(bytes, ElementGas.OfRow(bytes, claimed: tokens));
        }
    }

    public ElementCost Attention => Product(WeightId.Output);

    public ElementCost GateUp => Product(WeightId.Gate, WeightId.Up);

    public ElementCost SwiGlu => Few(4);

    public ElementCost FeedForward => Product(WeightId.Down);

    public ElementCost Logits => Product(WeightId.Classifier);

    /// <summary>The token that a draw chooses among the most candidates.</summary>
    public ElementCost Token
    {
        get
        {
            int candidates = (int)Math.Min(SamplingOptions.TopKMax, (uint)_shape.Vocab);
            long bytes = Many(4L * candidates);
            return new(bytes, ElementGas.OfRow(bytes, candidates: candidates));
        }
    }

    /// <summary>Bytes of the longest tensor of which one number is read.</summary>
    private long Longest => Math.Max(
        8L * Math.Max(_shape.Dim, 2L * _shape.Hidden),
        Math.Max(8L * _shape.QueryDim, 4L * _shape.Vocab));

    private long Head => HeaderBytes + OpeningSize.Leaves(
        InputRecord.HeaderBytes + 4L * (_shape.Context + InputRecord.EndTokensMax),
        InputRecord.HeaderBytes);

    /// <summary>Refuses what no court judges.</summary>
    /// <exception cref="ModelException">
    /// The longest run would have more tensors than a list holds, or take longer than a dispute
    /// leaves for it, or judging an element would take more than <see cref="ElementGas.Max"/>.
    /// </exception>
    public void Check()
    {
        if (_list > TraceTree.ListCountMax)
        {
            throw new ModelException(FormattableString.Invariant(
                $"a run of {_shape.Context} positions has {_list} tensors, a trace holds ") +
                $"{TraceTree.ListCountMax}: import it with a shorter context");
        }

        ulong units = new LlamaCosts(_shape).Run(1, (uint)_shape.Context, WantedProofs.None);
        if (units > TracedUnitsPerSecond * RunSecondsMax)
        {
            throw new ModelException(FormattableString.Invariant(
                $"a run of {_shape.Context} positions takes {units} units, a court waits for ") +
                FormattableString.Invariant($"{TracedUnitsPerSecond * RunSecondsMax}: ") +
                "import it with a shorter context");
        }

        foreach ((string name, ElementCost cost) in (ReadOnlySpan<(string, ElementCost)>)
        [
            ("embed", Embed), ("norm", Norm), ("qkv", Qkv), ("rope", Rope), ("weights", Weight),
            ("attention.output", Mix), ("attention", Attention), ("gate_up", GateUp),
            ("swiglu", SwiGlu), ("feedforward", FeedForward), ("logits", Logits), ("token", Token),
        ])
        {
            if (cost.Gas > ElementGas.Max || cost.Bytes > ElementGas.BytesMax)
            {
                throw new ModelException(FormattableString.Invariant(
                    $"operator {name}: the proof of one element has {cost.Bytes} bytes, judging ") +
                    FormattableString.Invariant(
                        $"it takes {cost.Gas} gas, {ElementGas.Max} is the most"));
            }
        }
    }

    /// <summary>A number that a few others, of this position, and one parameter say.</summary>
    private ElementCost Few(int tensors, long rowBytes = 0) => Cost(
        Head + Tensors(tensors * Tensor(Longest, One), tensors, 1) + Row(rowBytes, One), 0);

    /// <summary>Bytes of a row of numbers of this position, and two more.</summary>
    private long Many(long bytes) =>
        Head + Tensors(Tensor(Longest, bytes) + 2 * Tensor(Longest, One), 3, 1);

    /// <summary>One element of W·x: row of cells, vector, exponent, residual, itself; of the
    /// dearest layer and matrix.</summary>
    private ElementCost Product(params ReadOnlySpan<WeightId> ids)
    {
        ElementCost dearest = default;
        foreach (WeightId id in ids)
        {
            int layers = id == WeightId.Classifier ? 1 : _shape.Layers;
            int columns = _shape.Of(id).Columns;
            int opened = Math.Min(columns, MatrixWork.PartialColumns);
            int cells = (opened + WeightForms.BlockColumns - 1) / WeightForms.BlockColumns;
            int cell = Enumerable.Range(0, layers)
                .Max(i => WeightForms.CellBytes((WeightForm)_model.Kind(id, i)));
            int row = (columns + WeightForms.BlockColumns - 1) / WeightForms.BlockColumns * cell;
            long tensors = Tensor(2L * columns, 2L * opened) + 3 * Tensor(Longest, One);
            dearest = Greater(dearest, Cost(
                Head + Tensors(tensors, 4, 1) + Row(row, cells * cell), opened));
        }

        return dearest;
    }

    private static long Tensor(long bytes, long opened) =>
        IndexBytes + OpeningSize.Leaves(bytes, Math.Min(bytes, opened));

    /// <summary>With the multiproof of so many tensors at one position or several.</summary>
    private long Tensors(long bytes, int tensors, int positions)
    {
        long apart = OpeningSize.Siblings(_list, tensors, 1);
        long beside = positions * (OpeningSize.Siblings(_list, 1, LayerSpan) +
            (LayerSpan + LayerSpan / TraceTree.Arity) * Bytes32.Size);
        return 2 + bytes + Math.Min(apart, beside);
    }

    private long Row(long bytes, long opened) => bytes == 0
        ? 1
        : 1 + Tensor(bytes, opened) + OpeningSize.Siblings(_model.Rows, 1, 1);

    private static ElementCost Cost(long bytes, int products) =>
        new(bytes, ElementGas.OfRow(bytes, products));

    /// <summary>What takes more gas.</summary>
    private static ElementCost Greater(ElementCost a, ElementCost b) => a.Gas > b.Gas ? a : b;
}

/// <summary>Proof and judgement of one element.</summary>
/// <param name="Bytes">Of the proof.</param>
/// <param name="Gas">Of the transaction that judges it.</param>
internal readonly record struct ElementCost(long Bytes, long Gas);
