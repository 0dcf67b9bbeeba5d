using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Bytes of the proof of one element of a language model, at most, and the gas of judging it.
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

    private readonly LlamaParameters _model;
    private readonly LlamaShape _shape;
    private readonly long _list;
    private readonly int _rows;

    /// <exception cref="ModelException">
    /// The longest run would have more tensors than a list holds.
    /// </exception>
    public LlamaProofSize(LlamaParameters model, LlamaArchitecture architecture)
    {
        _model = model;
        _shape = model.Shape;
        _rows = LlamaLayout.Rows(model);
        RecordHeader longest = new(
            1, (uint)_shape.Context, 0, new SamplingOptions(1 << 16, 1, 1 << 16, 0));
        _list = new TraceLayout(architecture, longest).Tensors((uint)_shape.Context);
        if (_list > TraceTree.ListCountMax)
        {
            throw new ModelException(FormattableString.Invariant(
                $"a run of {_shape.Context} positions has {_list} tensors, a trace holds ") +
                $"{TraceTree.ListCountMax}: import it with a shorter context");
        }
    }

    /// <summary>A number that a few others, of this position, and one parameter say.</summary>
    public ElementCost Few(int tensors, long rowBytes = 0) => Cost(
        Head + Tensors(tensors * Tensor(Longest, One), tensors, 1) + Row(rowBytes, One), 0);

    /// <summary>A row of numbers of this position, and a few more.</summary>
    public ElementCost Many(long bytes, int few) => Cost(
        Head + Tensors(Tensor(Longest, bytes) + few * Tensor(Longest, One), 1 + few, 1), 0);

    /// <summary>One element of W·x: row of cells, vector, exponent, residual, itself.</summary>
    public ElementCost Product(QuantMatrix matrix)
    {
        int columns = matrix.Columns;
        int opened = Math.Min(columns, MatrixWork.PartialColumns);
        int cells = (opened + WeightForms.BlockColumns - 1) / WeightForms.BlockColumns;
        long tensors = Tensor(2L * columns, 2L * opened) + 3 * Tensor(Longest, One);
        return Cost(
            Head + Tensors(tensors, 4, 1) +
                Row(matrix.RowBytes, cells * WeightForms.CellBytes(matrix.Form)),
            opened);
    }

    /// <summary>The weight of a token: a query, a key, and their exponents.</summary>
    public ElementCost Weight() => Cost(
        Head + Tensors(
            2 * Tensor(Longest, 2L * _shape.HeadDim) + 4 * Tensor(Longest, One), 6, 2),
        _shape.HeadDim);

    /// <summary>
    /// A sum over 96 tokens whose values or exponents are claimed, or over all such sums.
    /// </summary>
    public ElementCost Mix()
    {
        int tokens = Math.Min(_shape.Context, AttentionWork.PartialTokens);
        long claimed = tokens * sizeof(long);
        long weights = Tensor(4L * _shape.Heads * _shape.Context, 4L * tokens);
        long sums = Tensor((long)LongestSums * _shape.QueryDim, LongestSums);
        return Cost(
            Head + claimed + Tensors(
                Math.Max(weights, sums) + 3 * Tensor(Longest, One), 4, 1),
            tokens);
    }

    /// <summary>The token that a draw chooses among the most candidates.</summary>
    public ElementCost Draw()
    {
        int candidates = (int)Math.Min(SamplingOptions.TopKMax, (uint)_shape.Vocab);
        ElementCost row = Many(4L * candidates, 2);
        return row with { Gas = ElementGas.OfDraw(row.Bytes, candidates) };
    }

    /// <summary>Bytes of the longest tensor of which one number is read.</summary>
    private long Longest => Math.Max(
        8L * Math.Max(_shape.Dim, 2L * _shape.Hidden),
        Math.Max(8L * _shape.QueryDim, 4L * _shape.Vocab));

    private long Head => HeaderBytes + OpeningSize.Leaves(
        InputRecord.HeaderBytes + 4L * (_shape.Context + InputRecord.EndTokensMax),
        InputRecord.HeaderBytes);

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
        : 1 + Tensor(bytes, opened) + OpeningSize.Siblings(_rows, 1, 1);

    private static ElementCost Cost(long bytes, int products) =>
        new(bytes, ElementGas.OfRow(bytes, products));

    /// <summary>What takes more gas.</summary>
    public static ElementCost Greater(ElementCost a, ElementCost b) => a.Gas > b.Gas ? a : b;

    /// <summary>Bytes of the partial squares that a norm's element reads.</summary>
    public long SquareBytes => _model.ResidualBits / 8L *
        Math.Min(RmsNorm.SquareColumns, _shape.Dim);
}

/// <summary>Proof and judgement of one element.</summary>
/// <param name="Bytes">Of the proof.</param>
/// <param name="Gas">Of the transaction that judges it.</param>
internal readonly record struct ElementCost(long Bytes, long Gas);
