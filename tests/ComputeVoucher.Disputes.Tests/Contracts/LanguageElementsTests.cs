using System;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Disputes.Tests.Language;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.Execution.Tests.Language;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>
/// The Solidity judge of language models says what the C# one says: of honest elements, of changed
/// ones, of whatever is no proof.
/// </summary>
[Trait("Category", "load")]
public sealed class LanguageElementsTests(CourtChain chain) : IClassFixture<CourtChain>
{
    public static TheoryData<string> Models => [.. LanguageRuns.All.Keys];

    /// <summary>Of every tensor of some positions: an honest element and a rival of it, changed
    /// ones, changed operands, and changed bytes of a proof.</summary>
    [ContractTheory]
    [MemberData(nameof(Models))]
    public async Task EveryOperator_EveryVerdict_IsTheDefinitions(string name)
    {
        Prng numbers = new(Seed(name));
        for (int i = 0; i < Runs.Count(fast: 2, full: 300); i++)
        {
            using LanguageModel model = LanguageRuns.All[name]();
            CommittedRun run = await AdmittedAsync(model, numbers, drawn: i % 2 == 1);
            await JudgeAsync(run, numbers, 0);
            foreach (int tensor in LanguageRuns.Positions(run, numbers).SelectMany(run.At))
            {
                await JudgeAsync(run, numbers, tensor);
            }
        }
    }

    /// <summary>The trained model, and one of the same family with a vocabulary of 105.</summary>
    [SharedDataTheory(LlamaData.Needs)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stories_EveryOperator_EveryVerdict_IsTheDefinitions(bool drawn)
    {
        Assert.Null(CourtChain.Missing);
        Prng numbers = new(Seed("stories"));
        using LanguageModel model = LlamaData.Stories();
        for (int i = 0; i < Runs.Count(fast: 1, full: 60); i++)
        {
            CommittedRun run = await AdmittedAsync(model, numbers, drawn);
            foreach (int tensor in LanguageRuns.Positions(run, numbers).SelectMany(run.At)
                .Where(_ => Runs.IsFull || numbers.Between(0, 2) == 0))
            {
                await JudgeAsync(run, numbers, tensor);
            }
        }
    }

    /// <summary>Any number of a trace, everything behind it computed anew as if it were right.
    /// </summary>
    [ContractTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnyNumberTampered_BehindItComputedAnew_IsConvictedByBoth(bool drawn)
    {
        Prng numbers = new(Seed("anew"));
        using LanguageModel model = LanguageRuns.Tiny();
        CommittedRun run = await AdmittedAsync(model, numbers, drawn, prompt: 2);
        for (int i = 0; i < Runs.Count(fast: 20, full: 2_500); i++)
        {
            int tensor = numbers.Between(0, run.Count - 1);
            int element = numbers.Between(0, run.Elements(tensor) - 1);
            CommittedRun forged = LanguageRuns.Forge(numbers, run, tensor, element);
            forged = run.With(LanguageTamperTests.Cheat.Anew(forged, tensor, element));
            await ConvictedAsync(run, forged, tensor, element);
        }
    }

    /// <summary>What a judgement takes is what import and registry count with, at most; rows of
    /// 4,096 weights in their largest form what is checked in.</summary>
    [ContractTheory]
    [InlineData("rows4096")]
    public async Task Gas_OfEveryTensor_IsBelowWhatAdmissionCounts(string name)
    {
        Prng numbers = new(5);
        using LanguageModel model = LanguageRuns.Rows4096();
        LlamaProofSize size = new(model.Architecture);
        long most = 0;
        foreach (bool drawn in new[] { false, true })
        {
            CommittedRun run = await AdmittedAsync(model, numbers, drawn);
            foreach (int tensor in run.At(4).Concat(run.At(run.Layout.Record.Prompt)))
            {
                TraceTensor kind = run.Layout.Locate(tensor).Tensor;
                int last = run.Elements(tensor) - 1;
                foreach (int element in (int[])[0, last, numbers.Between(0, last)])
                {
                    int rivals = run.Rivals(tensor, element);
                    uint rival = rivals > 0 ? (uint)(rivals - 1) : ElementProof.NoRival;
                    long gas = await GasOfAsync(run, tensor, element, rival);
                    Assert.InRange(gas, 1, LanguageRuns.CostOf(size, kind).Gas);
                    most = Math.Max(most, gas);
                }
            }
        }

        GraphElementsTests.IsAsKnown(name, most);
    }

    private async Task<long> GasOfAsync(CommittedRun run, int tensor, int element, uint rival)
    {
        OperandsRequest request = new(tensor, element, rival);
        if (!run.Witnesses.MayClaim(request))
        {
            return await chain.GasOfAsync(
                RunOf(run), run.Witnesses.Element(tensor, element, rival));
        }

        (byte[] values, byte[] proof) = run.Witnesses.Operands(request);
        return await chain.ExplainGasAsync(RunOf(run), request.Encode(), values, proof);
    }

    /// <summary>Operands of the weighted sums of attention, posted and refuted.</summary>
    [ContractTheory]
    [InlineData("Q8_0")]
    [InlineData("Q4_0")]
    public async Task PostedOperands_WrongOnes_AreRefutedByOneOpening(string name)
    {
        Prng numbers = new(Seed(name) + 1);
        using LanguageModel model = LanguageRuns.All[name]();
        CommittedRun run = await AdmittedAsync(model, numbers, drawn: false);
        for (int i = 0; i < Runs.Count(fast: 3, full: 300); i++)
        {
            foreach (int tensor in LanguageRuns.Positions(run, numbers).SelectMany(run.At))
            {
                await PostAsync(run, numbers, tensor, numbers.Between(0, run.Elements(tensor) - 1));
            }
        }
    }

    /// <summary>Tokens of the output are those of the trace.</summary>
    [ContractTheory]
    [InlineData("Q4_K")]
    public async Task Output_OtherToken_Convicts(string name)
    {
        Prng numbers = new(Seed(name) + 2);
        using LanguageModel model = LanguageRuns.All[name]();
        CommittedRun run = await AdmittedAsync(model, numbers, drawn: true);
        byte[] tokens = LanguageRuns.Tokens(run);
        for (int token = 0; token < run.Statement.Steps; token++)
        {
            byte[] proof = run.Witnesses.Output(token, tokens);
            await OutputAsync(run, tokens, proof, Verdict.Equal);
            byte[] others = [.. tokens];
            others[4 * token] ^= 1;
            await OutputAsync(run, others, proof, Verdict.OpeningBad);
            byte[] false_ = run.Witnesses.Output(token, others);
            await OutputAsync(run, others, false_, Verdict.Differs);
            for (int i = 0; i < Runs.Count(fast: 20, full: 5_000); i++)
            {
                await OutputAsync(
                    run, tokens, TamperTests.Mutated(numbers, proof, () => false_), null);
            }
        }
    }

    private async Task OutputAsync(
        CommittedRun run, byte[] tokens, byte[] proof, Verdict? expected)
    {
        Bytes32 root = LanguageRuns.OutputRoot(tokens);
        Verdict verdict = run.Court.Output(run.Statement, root, proof).Verdict;
        Assert.Equal(expected ?? verdict, verdict);
        Assert.True(expected is not null || verdict != Verdict.Differs);
        Assert.Equal(
            Said(verdict),
            await chain.ContradictsAsync(RunOf(run) with { Output = root }, proof, tree: 1));
    }

    private async Task JudgeAsync(CommittedRun run, Prng numbers, int tensor)
    {
        int element = numbers.Between(0, run.Elements(tensor) - 1);
        byte[] honest = run.Proof(tensor, element);
        await SameAsync(run, tensor, honest, Verdict.Equal);
        byte[] mutated = TamperTests.Mutated(
            numbers, honest, () => run.Proof(Math.Max(1, tensor - 1), 0));
        Assert.NotEqual(Verdict.Differs, await SameAsync(run, tensor, mutated));

        int rivals = run.Rivals(tensor, element);
        uint rival = rivals == 0 ? ElementProof.NoRival : (uint)numbers.Between(0, rivals - 1);
        await SameAsync(
            run, tensor, run.Witnesses.Element(tensor, element, rival), Verdict.Equal);

        // Itself changed, which convicts; and something that it may read, which may.
        CommittedRun forged = LanguageRuns.Forge(numbers, run, tensor, element);
        await ConvictedAsync(run, forged, tensor, element);
        int before = numbers.Between(Math.Max(0, tensor - 5), tensor);
        forged = LanguageRuns.Forge(
            numbers, run, before, numbers.Between(0, run.Elements(before) - 1));
        _ = await SameAsync(forged, tensor, forged.Proof(tensor, element));
        _ = await SameAsync(
            forged, tensor, forged.Witnesses.Element(tensor, element, rival));
    }

    private async Task ConvictedAsync(
        CommittedRun run, CommittedRun forged, int tensor, int element)
    {
        Verdict verdict = await SameAsync(forged, tensor, forged.Proof(tensor, element));
        long truth = run.Judge(tensor, element).Committed;
        Assert.True(
            verdict == Verdict.Differs ||
            (run.Rivals(tensor, element) > truth && await SameAsync(
                forged, tensor, forged.Witnesses.Element(tensor, element, (uint)truth))
                    == Verdict.Differs),
            $"{run.Layout.Locate(tensor)} [{element}]: {verdict}, {truth} is true");
    }

    private async Task PostAsync(CommittedRun run, Prng numbers, int tensor, int element)
    {
        OperandsRequest asked = run.Request(tensor, element, numbers);
        byte[] request = asked.Encode();
        OperandsAnswer answer = run.Witnesses.Operands(asked);
        (byte[] values, byte[] proof) = answer;
        bool may = run.Witnesses.MayClaim(asked);
        Assert.Equal(may, await chain.HasOperandsAsync(RunOf(run), request));
        Assert.Equal(
            may ? true : null, await chain.ExplainsAsync(RunOf(run), request, values, proof));
        Assert.Equal(
            may ? Verdict.Equal : Verdict.OpeningBad,
            run.Court.Operands(run.Statement, asked, answer).Verdict);
        await OtherFormsAsync(run, asked);
        if (!may)
        {
            return;
        }

        Assert.Null(await chain.ExplainsAsync(RunOf(run), request, [.. values, 0], proof));
        Assert.Null(await chain.ExplainsAsync(RunOf(run), request, [], proof));
        int size = LanguageRuns.ValueBytes(run, asked);
        int place = numbers.Between(0, (values.Length / size) - 1);
        byte[] refutation = run.Witnesses.Refutation(asked, place);
        for (int i = 0; i < 2; i++)
        {
            Verdict refuted =
                run.Court.Refutation(run.Statement, asked, values, refutation).Verdict;
            Assert.Equal(i == 0 ? Verdict.Equal : Verdict.Differs, refuted);
            Assert.Equal(
                Said(refuted), await chain.RefutesAsync(RunOf(run), request, values, refutation));
            values[(place + 1) * size - 1] ^= 1;
            Verdict answered =
                run.Court.Operands(run.Statement, asked, new(values, proof)).Verdict;
            Assert.Equal(
                answered == Verdict.Equal,
                await chain.ExplainsAsync(RunOf(run), request, values, proof));
        }

        byte[] mutated = TamperTests.Mutated(numbers, refutation, () => proof);
        Verdict verdict = run.Court.Refutation(run.Statement, asked, values, mutated).Verdict;
        Assert.Equal(
            Said(verdict), await chain.RefutesAsync(RunOf(run), request, values, mutated));
    }

    /// <summary>A witness is asked for with a rival, everything else without one; that none is
    /// meant has one form.</summary>
    private async Task OtherFormsAsync(CommittedRun run, OperandsRequest asked)
    {
        byte[] request = asked.Encode();
        byte[][] others =
        [
            [], request[..^1], [.. request, 0], request[..8],
            [.. request[..8], .. new byte[4]], [.. request[..8], 255, 255, 255, 255],
        ];
        foreach (byte[] other in others.Where(o => !o.AsSpan().SequenceEqual(request)))
        {
            bool isOne = OperandsRequest.Decode(other) is { } decoded
                && decoded.Rival != uint.MaxValue == (asked.Rival != uint.MaxValue)
                && run.Witnesses.MayClaim(decoded);
            Assert.Equal(isOne, await chain.HasOperandsAsync(RunOf(run), other) ?? false);
        }
    }

    private async Task<Verdict> SameAsync(
        CommittedRun run, int tensor, byte[] proof, Verdict? expected = null)
    {
        Judgement judgement = run.Court.Element(run.Statement, proof);
        bool? said = await chain.ContradictsAsync(RunOf(run), proof);
        Assert.True(
            Said(judgement.Verdict) == said && judgement.Verdict == (expected ?? judgement.Verdict),
            $"{run.Layout.Locate(tensor)}: {judgement}, contract {said}\n"
                + Convert.ToHexString(proof.AsSpan(0, Math.Min(13, proof.Length))));
        return judgement.Verdict;
    }

    private static bool? Said(Verdict verdict) => verdict switch
    {
        Verdict.Equal => false,
        Verdict.Differs => true,
        _ => null,
    };

    private static ulong Seed(string name) => Runs.IsFull ? Runs.Fresh : (ulong)name[^1];

    private static ChainRun RunOf(CommittedRun run) => new(
        run.Model.ModelRoot, run.Statement.InputRoot, default, run.Statement.TraceRoot,
        (uint)run.Layout.Record.Prompt, run.Statement.Steps, run.Layout.Record.Sampling.TopK);

    private async Task<CommittedRun> AdmittedAsync(
        LanguageModel model, Prng numbers, bool drawn, int prompt = 101)
    {
        Assert.NotNull(
            await chain.AdmitLanguageAsync(model.ArchitectureBytes, model.ParametersRoot));
        return CommittedRun.Of(model, LanguageRuns.Input(model, numbers, drawn, prompt));
    }
}
