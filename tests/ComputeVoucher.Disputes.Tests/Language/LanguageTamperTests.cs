using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Execution.Tests.Language;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests.Language;

/// <summary>
/// The same of language models: any number of a trace, scalars, witnesses, candidates and tokens
/// included, changed with everything behind it computed anew or left alone.
/// </summary>
public sealed class LanguageTamperTests
{
    private const ulong Fixed = 20_260_104;
    private static readonly SamplingOptions s_drawn = new(80_000, 6, 60_000, 77);

    public static TheoryData<bool, ulong> Cases => new()
    {
        { false, Fixed }, { true, Fixed }, { false, Runs.Fresh }, { true, Runs.Fresh },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void AnyNumberTampered_BehindItComputedAnew_IsConvicted(bool drawn, ulong seed)
    {
        Prng numbers = new(seed);
        using LanguageModel model = Tiny();
        CommittedRun run = CommittedRun.Of(model, Input(numbers, drawn));
        Assert.Equal(run.Trace.Root, Cheat.Anew(run, 1, -1).Root);
        for (int i = 0; i < Runs.Count(12, 1_500); i++)
        {
            (int tensor, int element) = Any(numbers, run);
            CommittedRun forged = Forge(numbers, run, tensor, element);
            IsConvicted(run, run.With(Cheat.Anew(forged, tensor, element)), tensor, element);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AnyNumberTampered_BehindItHonest_IsConvicted(bool drawn, ulong seed)
    {
        Prng numbers = new(seed ^ 1);
        using LanguageModel model = Tiny();
        CommittedRun run = CommittedRun.Of(model, Input(numbers, drawn));
        for (int i = 0; i < Runs.Count(400, 8_000); i++)
        {
            (int tensor, int element) = Any(numbers, run);
            IsConvicted(run, Forge(numbers, run, tensor, element), tensor, element);
        }
    }

    [SharedDataTheory(LlamaData.Needs)]
    [InlineData(false)]
    [InlineData(true)]
    public void Stories_AnyNumberTampered_IsConvicted(bool drawn)
    {
        Prng numbers = new(Runs.IsFull ? Runs.Fresh : Fixed);
        using LanguageModel model = LlamaData.Stories();
        int[] prompt = LlamaData.Golden("stories260K_greedy256")[..100];
        CommittedRun run = CommittedRun.Of(model, new InputRecord(
            prompt, 3, [], drawn ? s_drawn : SamplingOptions.Greedy).Encode());
        for (int i = 0; i < Runs.Count(60, 6_000); i++)
        {
            (int tensor, int element) = Any(numbers, run);
            IsConvicted(run, Forge(numbers, run, tensor, element), tensor, element);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void HonestElementWithAnyProof_IsNotConvicted(bool drawn, ulong seed)
    {
        Prng numbers = new(seed ^ 2);
        using LanguageModel model = Tiny();
        CommittedRun run = CommittedRun.Of(model, Input(numbers, drawn));
        for (int i = 0; i < Runs.Count(1_500, 250_000); i++)
        {
            (int tensor, int element) = Any(numbers, run);
            int rivals = run.Rivals(tensor, element);
            uint rival = rivals > 0 && numbers.Between(0, 1) == 0
                ? (uint)numbers.Between(0, rivals - 1) : ElementProof.NoRival;
            byte[] proof = TamperTests.Mutated(
                numbers, run.Witnesses.Element(tensor, element, rival), () =>
                {
                    (int other, int at) = Any(numbers, run);
                    return run.Proof(other, at);
                });
            Judgement judgement = run.Court.Element(run.Statement, proof);
            Assert.True(
                judgement.Verdict != Verdict.Differs,
                $"{run.Layout.Locate(tensor)} [{element}] against {rival}: {judgement}");
        }
    }

    private static void IsConvicted(
        CommittedRun honest, CommittedRun forged, int tensor, int element)
    {
        long truth = honest.Judge(tensor, element).Committed;
        Judgement judgement = forged.Judge(tensor, element);
        bool isBeaten = judgement.Verdict == Verdict.Equal &&
            honest.Rivals(tensor, element) > truth &&
            forged.Judge(tensor, element, (int)truth).Verdict == Verdict.Differs;
        Assert.True(
            judgement.Verdict == Verdict.Differs || isBeaten,
            $"{honest.Layout.Locate(tensor)} [{element}]: {judgement}, {truth} is true");
    }

    internal static (int Tensor, int Element) Any(Prng numbers, CommittedRun run)
    {
        int tensor = numbers.Between(0, run.Count - 1);
        return (tensor, numbers.Between(0, run.Elements(tensor) - 1));
    }

    internal static CommittedRun Forge(Prng numbers, CommittedRun run, int tensor, int element)
    {
        long truth = OpenedTrace.Element(
            run.Tensor(tensor).Type, run.Tensor(tensor).Data, element);
        for (; ; )
        {
            long value = numbers.Between(0, 4) switch
            {
                0 => truth + 1,
                1 => truth - 1,
                2 => numbers.Between(0, 50),
                3 => numbers.Between(0, 1) == 0 ? long.MinValue : long.MaxValue,
                _ => truth ^ (1L << numbers.Between(0, 62)),
            };
            CommittedRun forged = run.Forge(tensor, element, value);
            if (forged.Trace.Root != run.Trace.Root)
            {
                return forged;
            }
        }
    }

    internal static LanguageModel Tiny()
    {
        var shape = new LlamaShape(32, 64, 1, 2, 1, 16, 24, 16);
        using var source = new MemorySource(SyntheticGguf.Write(shape, GgmlType.Q8_0));
        return LanguageModel.Import(source, 16);
    }

    internal static byte[] Input(Prng numbers, bool drawn) => new InputRecord(
        [numbers.Between(0, 23), numbers.Between(0, 23)], 2, [],
        drawn ? s_drawn : SamplingOptions.Greedy).Encode();

    /// <summary>Goes on from a wrong number as if it were right.</summary>
    internal sealed class Cheat : TraceReader
    {
        private readonly CommittedRun _run;
        private readonly byte[][] _data;
        private readonly Dictionary<(WeightId, int, int), byte[]> _rows = [];
        private readonly Dictionary<(WeightId, int), LlamaPart> _parts;

        private Cheat(CommittedRun run)
            : base(run.Model.Architecture, run.Layout)
        {
            _run = run;
            _data = [.. Enumerable.Range(0, run.Count).Select(i => run.Tensor(i).Data.ToArray())];
            _parts = LlamaLayout.Parts(run.Model.Parameters).ToDictionary(p => (p.Id, p.Layer));
        }

        /// <summary>Every number right of the one given, computed anew.</summary>
        public static RecordedTrace Anew(CommittedRun run, int tensor, int element)
        {
            Cheat cheat = new(run);
            RecordedTrace trace = run.Trace;
            for (int t = Math.Max(1, tensor); t < run.Count; t++)
            {
                TracePlace at = run.Layout.Locate(t);
                for (int e = t == tensor ? element + 1 : 0; e < run.Elements(t); e++)
                {
                    cheat.Write(t, e, cheat.Value(at, t, e));
                }

                trace = trace.With(t, cheat._data[t]);
            }

            return trace;
        }

        public override byte Ordered(int index) => _data[0][index];

        protected override long Read(
            int tensor, TensorType type, ReadOnlySpan<int> dims, int element) =>
            OpenedTrace.Element(type, _data[tensor], element);

        protected override void ReadRow(
            WeightId id, int layer, int row, int at, Span<byte> bytes)
        {
            if (!_rows.TryGetValue((id, layer, row), out byte[]? whole))
            {
                _rows[(id, layer, row)] = whole = new byte[_parts[(id, layer)].RowBytes];
                _parts[(id, layer)].CopyRow(row, whole);
            }

            whole.AsSpan(at, bytes.Length).CopyTo(bytes);
        }

        private long Value(TracePlace at, int tensor, int element)
        {
            int rivals = Maximum.Rivals(this, at, element);
            if (rivals == 0)
            {
                return LlamaElement.Of(this, at, element);
            }

            // The best so far; of candidates, among those behind the one before.
            int best = -1;
            for (int rival = 0; rival < rivals; rival++)
            {
                Write(tensor, element, best < 0 ? rival : best);
                bool isIn = best >= 0 ? Maximum.Beats(this, at, element, rival)
                    : at.Tensor != TraceTensor.Candidates || element == 0 || Follows(at, element);
                best = isIn ? rival : best;
            }

            return Math.Max(best, 0);
        }

        /// <summary>Whether the committed candidate stands behind the one before it.</summary>
        private bool Follows(TracePlace at, int element)
        {
            TracePlace logits = at.Of(TraceTensor.Logits);
            long before = Get(at, element - 1), here = Get(at, element);
            if (before < 0 || before >= Shape.Vocab)
            {
                return true;
            }

            long a = Get(logits, (int)before), b = Get(logits, (int)here);
            return a > b || (a == b && before < here);
        }

        private void Write(int tensor, int element, long value)
        {
            int size = TraceTree.ElementBytes(_run.Tensor(tensor).Type);
            for (int i = 0; i < size; i++)
            {
                _data[tensor][element * size + i] = (byte)(value >> (8 * i));
            }
        }
    }
}
