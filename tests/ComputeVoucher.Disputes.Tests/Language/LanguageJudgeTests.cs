using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Execution.Tests.Language;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests.Language;

/// <summary>What is missing, damaged or of something else is never taken for evidence.</summary>
public sealed class LanguageJudgeTests : IDisposable
{
    private static readonly LlamaShape s_shape = new(256, 96, 1, 4, 2, 16, 48, 32);
    private readonly LanguageModel _model;
    private readonly CommittedRun _run;
    private readonly int _qkv;
    private readonly LanguageWitness _witness;

    public LanguageJudgeTests()
    {
        using var source = new MemorySource(SyntheticGguf.Write(s_shape, GgmlType.Q4_0));
        _model = LanguageModel.Import(source, 32);
        _run = CommittedRun.Of(
            _model, new InputRecord([3, 1, 4], 4, [47], new(65_536, 8, 65_536, 5)).Encode());
        _qkv = _run.Layout.Index(new(TraceTensor.Qkv, 2, 0));
        _witness = _run.Witness(_qkv, 7);
        Assert.Equal(Verdict.Equal, Judge(_witness));
    }

    public void Dispose() => _model.Dispose();

    [Fact]
    public void AnyOpeningLeftOut_IsMissing()
    {
        foreach (int tensor in Enumerable.Range(1, _run.Count - 1))
        {
            LanguageWitness witness = _run.Witness(tensor, 0);
            for (int i = 0; i < witness.Trace.Count && witness.Trace.Count > 1; i++)
            {
                Assert.Equal(Verdict.OpeningMissing, _run.Court.Element(
                    _run.Statement, With(witness, trace: Without(witness.Trace, i)),
                    tensor, 0).Verdict);
            }

            for (int i = 0; i < witness.Rows.Count; i++)
            {
                Assert.Equal(Verdict.OpeningMissing, _run.Court.Element(
                    _run.Statement, With(witness, rows: Without(witness.Rows, i)),
                    tensor, 0).Verdict);
            }
        }

        Assert.Equal(Verdict.OpeningMissing, Judge(With(_witness, input: [])));
    }

    [Fact]
    public void AnyByteChanged_IsBad()
    {
        byte[] opening = _witness.Trace[0];
        for (int at = Opening.HeaderBytes; at < opening.Length; at += 7)
        {
            byte[] changed = [.. opening];
            changed[at] ^= 1;
            IReadOnlyList<byte[]> trace = [changed, .. _witness.Trace.Skip(1)];
            Assert.Equal(Verdict.OpeningBad, Judge(With(_witness, trace: trace)));
        }

        RowOpening row = Assert.Single(_witness.Rows);
        RowOpening[] bad =
        [
            row with { Leaves = Flipped(row.Leaves) }, row with { Siblings = new byte[32] },
            row with { Row = row.Row + 1 }, row with { Layer = 1 },
            row with { Id = WeightId.Key }, row with { Id = (WeightId)99 },
            row with { FirstLeaf = 1 }, row with { Leaves = [] },
            row with { Path = row.Path with { Index = row.Path.Index + 1 } },
            row with { Path = row.Path with { Siblings = Flipped(row.Path.Siblings) } },
        ];
        Assert.All(bad, r => Assert.Equal(Verdict.OpeningBad, Judge(With(_witness, rows: [r]))));

        // Of a vector of gains one leaf is enough: its siblings count too.
        int norm = _run.Layout.Index(new(TraceTensor.AttentionNorm, 2, 0));
        LanguageWitness witness = _run.Witness(norm, 7);
        RowOpening gains = Assert.Single(witness.Rows);
        Assert.Equal(3 * Bytes32.Size, gains.Siblings.Length);
        foreach (byte[] siblings in new[] { [], Flipped(gains.Siblings) })
        {
            Assert.Equal(Verdict.OpeningBad, _run.Court.Element(
                _run.Statement, With(witness, rows: [gains with { Siblings = siblings }]),
                norm, 7).Verdict);
        }
    }

    [Fact]
    public void OpeningsOfSomethingElse_ProveNothing()
    {
        // A leaf of another tensor, position and run: each true, none of what is read.
        LanguageWitness rope = _run.Witness(_run.Layout.Index(new(TraceTensor.Rope, 2, 0)), 7);
        Assert.Equal(Verdict.OpeningMissing, Judge(With(_witness, trace: rope.Trace)));
        LanguageWitness earlier = _run.Witness(_run.Layout.Index(new(TraceTensor.Qkv, 1, 0)), 7);
        Assert.Equal(Verdict.OpeningMissing, Judge(With(_witness, trace: earlier.Trace)));
        LanguageWitness forged = _run.Forge(_qkv, 7, 1).Witness(_qkv, 7);
        Assert.Equal(Verdict.OpeningBad, Judge(forged));
        LanguageWitness logits = _run.Witness(_run.Layout.Index(new(TraceTensor.Logits, 2, 0)), 7);
        Assert.Equal(Verdict.OpeningMissing, Judge(With(_witness, rows: logits.Rows)));
    }

    [Fact]
    public void AnotherStatement_IsBad()
    {
        LanguageStatement true_ = _run.Statement;
        LanguageStatement[] others =
        [
            true_ with { Steps = true_.Steps - 1 }, true_ with { Steps = 0 },
            true_ with { Steps = true_.Steps + 1 },
            true_ with { TraceRoot = Bytes32.Zero }, true_ with { InputRoot = Bytes32.Zero },
        ];
        Assert.All(others, s => Assert.Equal(
            Verdict.OpeningBad, _run.Court.Element(s, _witness, _qkv, 7).Verdict));
        byte[] architecture = _model.ArchitectureBytes;
        Bytes32 parameters = _model.ParametersRoot;
        Assert.Throws<ModelException>(
            () => new LanguageJudge(Bytes32.Zero, architecture, parameters));
        Assert.Throws<ModelException>(
            () => new LanguageJudge(_model.ModelRoot, architecture, Bytes32.Zero));
        Assert.Throws<ModelException>(
            () => new LanguageJudge(_model.ModelRoot, Flipped(architecture), parameters));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => _run.Court.Element(true_, _witness, _run.Count, 0));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => _run.Court.Element(true_, _witness, _qkv, 10_000));
    }

    [Fact]
    public void MoreThanAnElementReads_IsBad()
    {
        // Openings of other tensors are true, and harmless as long as they are few.
        List<byte[]> trace = [.. _witness.Trace];
        for (int tensor = 1; tensor <= 3; tensor++)
        {
            trace.AddRange(_run.Witness(tensor, 0).Trace);
        }

        Assert.Equal(Verdict.Equal, Judge(With(_witness, trace: trace)));
        for (int tensor = 4; tensor < _run.Count; tensor++)
        {
            trace.AddRange(_run.Witness(tensor, 0).Trace);
        }

        Assert.Equal(Verdict.OpeningBad, Judge(With(_witness, trace: trace)));
    }

    /// <summary>What no honest run commits to is evidence, not a question of range.</summary>
    [Fact]
    public void ANumberOutOfItsRange_Differs()
    {
        int norm = _run.Layout.Index(new(TraceTensor.AttentionNorm, 2, 0));
        int scalars = norm - 1;
        int output = _run.Layout.Index(new(TraceTensor.AttentionOutput, 2, 0));
        int sums = output - 1;
        int d = _run.Layout.Offset(TraceTensor.AttentionOutput, ScalarKind.SoftmaxSum, 1);
        foreach (long value in new[] { -1, s_shape.Dim, long.MinValue, long.MaxValue })
        {
            Assert.Equal(Verdict.Differs, _run.Forge(scalars, 0, value).Judge(scalars, 0).Verdict);
            Assert.Equal(Verdict.Differs, _run.Forge(scalars, 0, value).Judge(scalars, 1).Verdict);
            Assert.Equal(Verdict.Differs, _run.Forge(sums, d, value).Judge(sums, d).Verdict);
        }

        Assert.Equal(
            Verdict.Differs, _run.Forge(sums, d, 0).Judge(output, s_shape.HeadDim).Verdict);
        int z = _run.Layout.Offset(TraceTensor.AttentionNorm, ScalarKind.RowExponent);
        Assert.Equal(Verdict.Differs, _run.Forge(scalars, z, 48).Judge(norm, 0).Verdict);
        int embed = _run.Layout.Index(new(TraceTensor.Embed, 3, 0));
        int token = _run.Layout.Index(new(TraceTensor.Token, 2, 0));
        Assert.Equal(Verdict.Differs, _run.Forge(token, 0, 48).Judge(embed, 0).Verdict);
    }

    [Fact]
    public void ACandidateLeftOut_IsFoundByTheIntruder()
    {
        int candidates = _run.Layout.Index(new(TraceTensor.Candidates, 2, 0));
        long[] ids = [.. Enumerable.Range(0, 8).Select(c => _run.Judge(candidates, c).Committed)];
        CommittedRun forged = _run;
        int worst = Enumerable.Range(0, s_shape.Vocab).First(id =>
            !ids.Contains(id) && _run.Judge(candidates, 7, id).Verdict == Verdict.Equal);

        // Candidate 4 left out, the next ones moved up: a descending list of true logits.
        for (int c = 4; c < 8; c++)
        {
            forged = forged.Forge(candidates, c, c < 7 ? ids[c + 1] : worst);
        }

        for (int c = 0; c < 8; c++)
        {
            Assert.Equal(Verdict.Equal, forged.Judge(candidates, c).Verdict);
            Assert.Equal(
                c == 4 ? Verdict.Differs : Verdict.Equal,
                forged.Judge(candidates, c, (int)ids[4]).Verdict);
        }
    }

    /// <summary>With gains of zero a row is all equal: every witness is index 0.</summary>
    [Fact]
    public void ATie_GoesToTheLowestIndex()
    {
        using var source = new MemorySource(SyntheticGguf.Write(s_shape, GgmlType.Q4_0, gain: 0));
        using LanguageModel model = LanguageModel.Import(source, 32);
        CommittedRun run = CommittedRun.Of(model, LlamaData.Greedy([3, 1, 4], 2));
        int ties = 0;
        foreach (int tensor in run.At(2))
        {
            for (int i = 0; i < run.Elements(tensor); i++)
            {
                if (run.Rivals(tensor, i) > 0 && run.Judge(tensor, i, 1).Committed == 0)
                {
                    ties++;
                    Assert.Equal(Verdict.Equal, run.Judge(tensor, i, 1).Verdict);
                    CommittedRun forged = run.Forge(tensor, i, 1);
                    Assert.Equal(Verdict.Equal, forged.Judge(tensor, i).Verdict);
                    Assert.Equal(Verdict.Differs, forged.Judge(tensor, i, 0).Verdict);
                }
            }
        }

        // Rows of both norms, of 8 heads, of the output and of SwiGLU, 4 softmaxes, the last
        // norm's row and the token; the witnesses of |x| itself are where chance has put them.
        Assert.InRange(ties, 2 + 8 + 2 + 4 + 2, 2 + 8 + 2 + 4 + 2 + 3);
    }

    private Verdict Judge(LanguageWitness witness) =>
        _run.Court.Element(_run.Statement, witness, _qkv, 7).Verdict;

    private static LanguageWitness With(
        LanguageWitness witness, IReadOnlyList<byte[]>? trace = null,
        IReadOnlyList<byte[]>? input = null, IReadOnlyList<RowOpening>? rows = null) => new()
        {
            Input = input ?? witness.Input,
            Trace = trace ?? witness.Trace,
            Rows = rows ?? witness.Rows,
        };

    private static List<T> Without<T>(IReadOnlyList<T> list, int index) =>
        [.. list.Where((_, i) => i != index)];

    private static byte[] Flipped(byte[] bytes)
    {
        byte[] changed = [.. bytes];
        changed[0] ^= 1;
        return changed;
    }
}
