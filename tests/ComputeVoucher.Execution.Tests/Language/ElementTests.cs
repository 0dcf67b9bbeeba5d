using System;
using System.Linq;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution.Tests.Language;

/// <summary>
/// Every committed element follows from committed elements and parameters alone, by the scalar
/// definitions, with at most 16 KiB opened: what a court needs.
/// </summary>
public sealed class ElementTests
{
    private static readonly LlamaShape s_shape = new(96, 160, 2, 6, 3, 16, 64, 160);

    private readonly CommittedRun _run;
    private readonly LlamaParameters _model;
    private readonly LlamaShape _shape;
    private readonly int _parts;

    public ElementTests()
    {
        using var source = new MemorySource(SyntheticGguf.Write(s_shape, GgmlType.Q8_0));
        LanguageModel model = LanguageModel.Import(source, 160);
        int[] prompt = Enumerable.Range(0, 110).Select(i => i * 7 % 64).ToArray();
        _run = new CommittedRun(model, LlamaData.Greedy(prompt, 3));
        _model = model.Parameters;
        _shape = _model.Shape;
        _parts = Definitions.SquareParts(_shape.Dim);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    [InlineData(95)]
    [InlineData(96)]
    [InlineData(109)]
    public void EveryOperator_FollowsFromWhatIsCommitted(int position)
    {
        for (int layer = 0; layer < _shape.Layers; layer++)
        {
            Norms(position, layer, feedForward: false);
            Products(position, layer);
            Rotations(position, layer);
            Weights(position, layer);
            AttentionOutputs(position, layer);
            Residuals(position, layer, "attention", "attention.output", feedForward: false);
            Norms(position, layer, feedForward: true);
            Swiglus(position, layer);
            Residuals(position, layer, "feedforward", "swiglu", feedForward: true);
        }
    }

    [Fact]
    public void Logits_AndToken_FollowFromWhatIsCommitted()
    {
        int last = _shape.Layers;
        for (int j = 0; j < _shape.Vocab; j += 5)
        {
            _run.Reset();
            int z = (int)_run.Get(109, last, "scalars", 3 + _parts + 1);
            long sum = _run.RowSum(_model.Classifier, j, 109, last, "final.norm", 0, _shape.Dim);
            Check(Rounding.Shift(sum, 24 - z), _run.Get(109, last, "logits", j));
        }

        // Greedy: one larger logit, or an equal one with a lower id, refutes the token.
        long token = _run.Get(109, last, "token", 0);
        long best = _run.Get(109, last, "logits", (int)token);
        for (int j = 0; j < _shape.Vocab; j++)
        {
            long logit = _run.Get(109, last, "logits", j);
            Assert.True(logit < best || (logit == best && j >= token));
        }
    }

    [Fact]
    public void LongRows_AreCheckedByTheirParts_WideResidualsInFull()
    {
        var shape = new LlamaShape(32, 4160, 1, 1, 1, 32, 32, 8);
        using var source = new MemorySource(
            SyntheticGguf.Write(shape, GgmlType.Q8_0, gain: 200));
        using LanguageModel model = LanguageModel.Import(source, 8);
        Assert.Equal(64, model.Parameters.ResidualBits);
        byte[] input = LlamaData.Greedy([5, 6, 7], 2);
        var run = new CommittedRun(model, input);
        QuantMatrix down = model.Parameters.Layers[0].Down;
        int z = (int)run.Get(2, 0, "scalars", run.Length(2, 0, "scalars") - 1);
        for (int i = 0; i < shape.Dim; i++)
        {
            run.Reset();
            long first = run.RowSum(down, i, 2, 0, "swiglu", 0, MatrixWork.PartialColumns);
            Assert.Equal(first, run.Get(2, 0, "feedforward.parts", 2 * i));
            Assert.InRange(run.OpenedBytes, 8192, LlamaDescription.ElementBytesMax);
            long second = run.RowSum(
                down, i, 2, 0, "swiglu", MatrixWork.PartialColumns, shape.Hidden);
            Assert.Equal(second, run.Get(2, 0, "feedforward.parts", 2 * i + 1));
            long x = run.Residual(2, 0, true, i) + Rounding.Shift(first + second, 24 - z);
            Assert.Equal(x, run.Get(2, 0, "feedforward", i));
        }

        using var scalar = new LanguageSession(model, KernelSet.Scalar, 1, 1);
        using var fast = new LanguageSession(model, Backends.Of(Backend.Auto).Compile(model.Parameters), 2);
        var options = new RunOptions { Trace = true };
        Assert.Equal(
            scalar.Run(input, options).TraceRoot, fast.Run(input, options).TraceRoot);
    }

    /// <summary>Offset of a part of a layer's scalars; see TraceScratch for the order.</summary>
    private int Norm2 => 5 + _parts + 2 * (_shape.Heads + 2 * _shape.KvHeads) +
        3 * _shape.Heads + 2;

    private int HeadZ(int head) => 5 + _parts + 2 * head + 1;

    private int Softmax(int head) =>
        5 + _parts + 2 * (_shape.Heads + 2 * _shape.KvHeads) + 3 * head;

    private void Norms(int p, int layer, bool feedForward)
    {
        int at = feedForward ? Norm2 : 0;
        string name = feedForward ? "feedforward.norm" : "attention.norm";
        NormVector norm = feedForward
            ? _model.Layers[layer].FeedForwardNorm : _model.Layers[layer].AttentionNorm;

        // A partial sum of squares, and the witness of the maximum.
        _run.Reset();
        long max = _run.Get(p, layer, "scalars", at + 1);
        int witness = (int)_run.Get(p, layer, "scalars", at);
        Assert.Equal(max, Math.Abs(_run.Residual(p, layer, feedForward, witness)));
        long[] x = new long[_shape.Dim];
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = _run.Residual(p, layer, feedForward, i);
            Assert.True(Math.Abs(x[i]) <= max);
        }

        long[] partial = new long[_parts];
        NormStatistics statistics = Definitions.Statistics(
            x, _model.EpsilonTerm, norm.Exponent, partial);
        Check(partial[0], _run.Get(p, layer, "scalars", at + 3));
        Check((long)statistics.Root, _run.Get(p, layer, "scalars", at + 2));
        for (int i = 0; i < _shape.Dim; i += 11)
        {
            // Root, maximum and sums are committed: one element of x and its gain are enough.
            _run.Reset();
            _run.ChargeParameterLeaf();
            long n = Definitions.Norm(
                _run.Residual(p, layer, feedForward, i), norm.Gains[i], statistics);
            int z = (int)_run.Get(p, layer, "scalars", at + 3 + _parts + 1);
            Check(Rounding.ToInt16(n, z), _run.Get(p, layer, name, i));
        }
    }

    private void Products(int p, int layer)
    {
        LlamaLayer weights = _model.Layers[layer];
        Product(p, layer, "qkv", 0, weights.Query, "attention.norm", 3 + _parts + 1);
        Product(p, layer, "qkv", _shape.QueryDim, weights.Key, "attention.norm", 4 + _parts);
        Product(p, layer, "qkv", _shape.QueryDim + _shape.KvDim, weights.Value,
            "attention.norm", 4 + _parts);
        int z = Norm2 + 4 + _parts;
        Product(p, layer, "gate_up", 0, weights.Gate, "feedforward.norm", z);
        Product(p, layer, "gate_up", _shape.Hidden, weights.Up, "feedforward.norm", z);
    }

    private void Product(
        int p, int layer, string name, int offset, QuantMatrix matrix, string input, int zAt)
    {
        for (int j = 0; j < matrix.Rows; j += 17)
        {
            _run.Reset();
            int z = (int)_run.Get(p, layer, "scalars", zAt);
            long sum = _run.RowSum(matrix, j, p, layer, input, 0, matrix.Columns);
            Check(Rounding.Shift(sum, 24 - z), _run.Get(p, layer, name, offset + j));
        }
    }

    private void Rotations(int p, int layer)
    {
        int headDim = _shape.HeadDim;
        for (int i = 0; i < _shape.QueryDim + 2 * _shape.KvDim; i += 7)
        {
            _run.Reset();
            int head = i / headDim;
            int pair = i / 2 * 2;
            int[] rows =
            [
                (int)_run.Get(p, layer, "qkv", pair), (int)_run.Get(p, layer, "qkv", pair + 1),
            ];
            long wide = rows[i - pair];
            if (head < _shape.Heads + _shape.KvHeads)
            {
                long[] rotated = new long[2];
                Definitions.Rotate(
                    rows, _model.Rotary.AsSpan(p * headDim + pair % headDim, 2), rotated);
                wide = rotated[i - pair];
                _run.ChargeParameterLeaf();
            }

            int z = (int)_run.Get(p, layer, "scalars", HeadZ(head));
            Check(Rounding.ToInt16(wide, z), _run.Get(p, layer, "rope", i));
        }
    }

    private void Weights(int p, int layer)
    {
        for (int e = 0; e < _shape.Heads * (p + 1); e += 13)
        {
            _run.Reset();
            int head = e / (p + 1);
            int t = e % (p + 1);
            int kv = head / (_shape.Heads / _shape.KvHeads);
            long max = _run.Get(p, layer, "scalars", Softmax(head) + 1);
            int score = Score(p, layer, head, t);
            Assert.True(score <= max);
            int zv = (int)_run.Get(
                t, layer, "scalars", HeadZ(_shape.Heads + _shape.KvHeads + kv));
            Check(
                (long)Definitions.Exp(max - score) << zv, _run.Get(p, layer, "weights", e));

            _run.Reset();
            int witness = (int)_run.Get(p, layer, "scalars", Softmax(head));
            Check(Score(p, layer, head, witness), max);
        }
    }

    private int Score(int p, int layer, int head, int t)
    {
        int headDim = _shape.HeadDim;
        int kv = _shape.Heads + head / (_shape.Heads / _shape.KvHeads);
        long dot = 0;
        for (int i = 0; i < headDim; i++)
        {
            dot += _run.Get(p, layer, "rope", head * headDim + i) *
                _run.Get(t, layer, "rope", kv * headDim + i);
        }

        return Definitions.Score(
            dot, _model.ScoreMultiplier, _model.ScoreShift,
            (int)_run.Get(p, layer, "scalars", HeadZ(head)),
            (int)_run.Get(t, layer, "scalars", HeadZ(kv)));
    }

    private void AttentionOutputs(int p, int layer)
    {
        int parts = AttentionWork.Parts(p + 1);
        Assert.Equal(parts > 1, _run.Has(p, layer, "weights.mix"));
        for (int i = 0; i < _shape.QueryDim; i += 19)
        {
            int head = i / _shape.HeadDim;
            _run.Reset();
            long mixed = 0;
            long sum = 0;
            for (int part = 0; part < parts; part++)
            {
                if (parts == 1)
                {
                    mixed = Mixed(p, layer, i, 0, out sum);
                    continue;
                }

                _run.Reset();
                Check(
                    Mixed(p, layer, i, part, out long partSum),
                    _run.Get(p, layer, "weights.mix", i * parts + part));
                Assert.Equal(
                    partSum, _run.Get(p, layer, "weights.sum", head * parts + part));
                mixed += _run.Get(p, layer, "weights.mix", i * parts + part);
                sum += partSum;
            }

            _run.Reset();
            long d = _run.Get(p, layer, "scalars", Softmax(head) + 2);
            Check(sum, d);
            int z = (int)_run.Get(p, layer, "scalars", Norm2 - 1);
            Check(
                Rounding.ToInt16(Definitions.Divide(mixed, d), z),
                _run.Get(p, layer, "attention.output", i));
        }
    }

    private long Mixed(int p, int layer, int element, int part, out long sum)
    {
        int head = element / _shape.HeadDim;
        int kv = _shape.Heads + _shape.KvHeads + head / (_shape.Heads / _shape.KvHeads);
        long mixed = 0;
        sum = 0;
        int from = part * AttentionWork.PartialTokens;
        for (int t = from; t < Math.Min(from + AttentionWork.PartialTokens, p + 1); t++)
        {
            long w = _run.Get(p, layer, "weights", head * (p + 1) + t);
            mixed += w * _run.Get(
                t, layer, "rope", kv * _shape.HeadDim + element % _shape.HeadDim);
        }

        int opened = _run.OpenedBytes;
        Assert.InRange(opened, 1, LlamaDescription.ElementBytesMax);
        _run.Reset();
        for (int t = from; t < Math.Min(from + AttentionWork.PartialTokens, p + 1); t++)
        {
            long w = _run.Get(p, layer, "weights", head * (p + 1) + t);
            sum += w >> (int)_run.Get(t, layer, "scalars", HeadZ(kv));
        }

        return mixed;
    }

    private void Swiglus(int p, int layer)
    {
        int scalars = _run.Length(p, layer, "scalars");
        for (int i = 0; i < _shape.Hidden; i += 7)
        {
            _run.Reset();
            long h = Definitions.SwiGlu(
                (int)_run.Get(p, layer, "gate_up", i),
                (int)_run.Get(p, layer, "gate_up", _shape.Hidden + i));
            int z = (int)_run.Get(p, layer, "scalars", scalars - 1);
            Check(Rounding.ToInt16(h, z), _run.Get(p, layer, "swiglu", i));
        }
    }

    private void Residuals(int p, int layer, string name, string input, bool feedForward)
    {
        QuantMatrix matrix = feedForward
            ? _model.Layers[layer].Down : _model.Layers[layer].Output;
        int zAt = feedForward ? _run.Length(p, layer, "scalars") - 1 : Norm2 - 1;
        for (int i = 0; i < _shape.Dim; i += 13)
        {
            _run.Reset();
            int z = (int)_run.Get(p, layer, "scalars", zAt);
            long sum = _run.RowSum(matrix, i, p, layer, input, 0, matrix.Columns);
            long x = _run.Residual(p, layer, feedForward, i) + Rounding.Shift(sum, 24 - z);
            Check(x, _run.Get(p, layer, name, i));
        }
    }

    private void Check(long expected, long committed)
    {
        Assert.Equal(expected, committed);
        Assert.InRange(_run.OpenedBytes, 1, LlamaDescription.ElementBytesMax);
    }
}
