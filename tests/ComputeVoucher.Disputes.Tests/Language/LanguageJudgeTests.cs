using System;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Execution.Tests.Language;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Disputes.Tests.Language;

/// <summary>What is missing, damaged or of something else is never taken for evidence.</summary>
public sealed class LanguageJudgeTests : IDisposable
{
    private static readonly LlamaShape s_shape = new(256, 96, 1, 4, 2, 16, 48, 32);
    private readonly LanguageModel _model;
    private readonly CommittedRun _run;
    private readonly byte[] _proof;

    public LanguageJudgeTests()
    {
        using var source = new MemorySource(SyntheticGguf.Write(s_shape, GgmlType.Q4_0));
        _model = LanguageModel.Import(source, 32);
        _run = CommittedRun.Of(
            _model, new InputRecord([3, 1, 4], 4, [47], new(65_536, 8, 65_536, 5)).Encode());
        _proof = _run.Proof(_run.Layout.Index(new(TraceTensor.Qkv, 2, 0)), 7);
        Assert.Equal(Verdict.Equal, _run.Court.Element(_run.Statement, _proof).Verdict);
    }

    public void Dispose() => _model.Dispose();

    /// <summary>
    /// No byte of a proof may be another one, and none be missing. Only the first leaf of the
    /// record, which is read whole, has bytes that an element does not look at: they are hashed.
    /// </summary>
    [Fact]
    public void AnyByteChangedOrLeftOut_IsNoEvidence()
    {
        foreach (int tensor in Enumerable.Range(1, _run.Count - 1))
        {
            byte[] proof = _run.Proof(tensor, 0);
            for (int at = 0; at < proof.Length; at += 1 + proof.Length / 60)
            {
                byte[] changed = [.. proof];
                changed[at] ^= 1;
                Assert.NotEqual(
                    Verdict.Differs, _run.Court.Element(_run.Statement, changed).Verdict);
                Assert.NotEqual(
                    Verdict.Equal,
                    _run.Court.Element(_run.Statement, proof.AsMemory(0, at)).Verdict);
            }

            byte[] longer = [.. proof, 0];
            Assert.Equal(
                Verdict.OpeningBad, _run.Court.Element(_run.Statement, longer).Verdict);
        }
    }

    [Fact]
    public void AnotherStatementOrModel_IsBad()
    {
        LanguageStatement honest = _run.Statement;
        LanguageStatement[] others =
        [
            honest with { InputRoot = honest.TraceRoot },
            honest with { TraceRoot = honest.InputRoot }, honest with { Steps = 0 },
            honest with { Steps = honest.Steps - 1 }, honest with { Steps = 5 },
        ];
        Assert.All(others, s => Assert.Equal(
            Verdict.OpeningBad, _run.Court.Element(s, _proof).Verdict));
        byte[] architecture = _model.ArchitectureBytes;
        Bytes32 parameters = _model.ParametersRoot;
        Assert.Throws<ModelException>(
            () => new LanguageJudge(Bytes32.Zero, architecture, parameters));
        Assert.Throws<ModelException>(
            () => new LanguageJudge(_model.ModelRoot, architecture, Bytes32.Zero));
        architecture = [.. architecture];
        architecture[0] ^= 1;
        Assert.Throws<ModelException>(
            () => new LanguageJudge(_model.ModelRoot, architecture, parameters));
    }

    /// <summary>Rows stand where the roots of models have them.</summary>
    [Fact]
    public void PlacesOfRows_AreThoseOfTheParametersRoot()
    {
        RowOrder order = new(_model.Architecture);
        int next = 0;
        foreach (LlamaPart part in LlamaLayout.Parts(_model.Parameters))
        {
            Assert.Equal(next, order.Index(part.Id, part.Layer, 0));
            next += part.Rows;
            Assert.Equal((part.Id, part.Layer, part.Rows - 1), order.Locate(next - 1));
        }

        Assert.Equal(next, order.Count);
    }

    /// <summary>
    /// Values and their exponents at as many positions as there are tokens are claimed; a wrong
    /// claim does not explain the element or falls by one opening.
    /// </summary>
    [Fact]
    public void ClaimedOperands_ExplainOrFall()
    {
        Prng numbers = new(20_260_301);
        int asked = 0;
        int rivals = 0;
        for (int tensor = 1; tensor < _run.Count; tensor++)
        {
            int last = _run.Elements(tensor) - 1;
            foreach (int element in new[] { 0, Math.Max(0, last - 1), last })
            {
                OperandsRequest request = _run.Request(tensor, element, numbers);
                OperandsAnswer answer = _run.Witnesses.Operands(request);
                if (!_run.Witnesses.MayClaim(request))
                {
                    Assert.Equal(
                        Verdict.OpeningBad,
                        _run.Court.Operands(_run.Statement, request, answer).Verdict);
                    continue;
                }

                asked += Falls(request, answer);
                rivals += request.Rival == ElementProof.NoRival ? 0 : 1;
            }
        }

        Assert.True(asked > 30, $"{asked} operands");
        Assert.True(rivals > 2, $"{rivals} rivals");
    }

    /// <summary>Every value of an answer, one after the other.</summary>
    private int Falls(OperandsRequest request, OperandsAnswer answer)
    {
        Assert.Equal(
            Verdict.Equal, _run.Court.Operands(_run.Statement, request, answer).Verdict);
        int size = LanguageRuns.ValueBytes(_run, request);
        int count = answer.Values.Length / size;
        for (int place = 0; place < count; place++)
        {
            byte[] values = [.. answer.Values];
            byte[] proof = _run.Witnesses.Refutation(request, place);
            Assert.Equal(Verdict.Equal, Refuted(values, proof));
            values[(place + 1) * size - 1] ^= 1;
            Assert.Equal(Verdict.Differs, Refuted(values, proof));
        }

        Assert.Equal(Verdict.OpeningBad, Answered(answer.Values[..^1]));
        Assert.Equal(Verdict.OpeningBad, Answered([.. answer.Values, 0]));
        return count;

        Verdict Refuted(byte[] values, byte[] proof) =>
            _run.Court.Refutation(_run.Statement, request, values, proof).Verdict;

        Verdict Answered(byte[] values) => _run.Court.Operands(
            _run.Statement, request, answer with { Values = values }).Verdict;
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
}
