using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Tests;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>
/// The Solidity judge of graphs says what the definitions say: over random layers of every kind,
/// and over every operator of the real models.
/// </summary>
[Trait("Category", "load")]
public sealed class GraphElementsTests(CourtChain chain) : IClassFixture<CourtChain>
{
    private const int ElementsPerLayer = 8;

    public static TheoryData<string> Kinds => [.. RandomLayers.All.Keys];

    /// <summary>Honest elements stand, changed ones fall; half of the cases each.</summary>
    [ContractTheory]
    [MemberData(nameof(Kinds))]
    public async Task RandomLayers_EveryVerdict_IsTheDefinitions(string kind)
    {
        Prng numbers = new((ulong)kind[0] << 24 | kind[^1]);
        for (int i = 0; i < Runs.Count(fast: 12, full: 625); i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            Assert.NotNull(await chain.AdmitAsync(model));
            GraphRun run = new(model, numbers.Bytes(model.InputBytesMax));
            int elements = model.Graph.Operators[0].Output.Elements;
            for (int e = 0; e < ElementsPerLayer; e++)
            {
                int element = e < 2 ? e * (elements - 1) : numbers.Below(elements);
                await JudgeAsync(run, 0, element, numbers.Between(1, 255));
            }
        }
    }

    /// <summary>No byte of an honest proof can be changed so that it convicts, and both judges
    /// refuse the same proofs.</summary>
    [ContractTheory]
    [MemberData(nameof(Kinds))]
    public async Task RandomLayers_ChangedProofs_NeverConvict(string kind)
    {
        Prng numbers = new((ulong)kind[0] << 32 | kind[^1]);
        for (int i = 0; i < Runs.Count(fast: 3, full: 100); i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            Assert.NotNull(await chain.AdmitAsync(model));
            GraphRun run = new(model, numbers.Bytes(model.InputBytesMax));
            int element = numbers.Below(model.Graph.Operators[0].Output.Elements);
            byte[] proof = run.Prove(0, element);
            Bytes32 root = run.TraceRoot;
            for (int e = 0; e < ElementsPerLayer; e++)
            {
                byte[] changed = Changed(proof, numbers);
                bool? verdict = await chain.ContradictsAsync(run, root, changed);
                Assert.NotEqual(true, verdict);
                Assert.Equal(VerdictOf(run, root, changed), verdict);
            }
        }
    }

    [ContractTheory]
    [InlineData("AVERAGE_POOL_2D")]
    [InlineData("MAX_POOL_2D")]
    [InlineData("MEAN")]
    public async Task PostedOperands_WrongOnes_AreRefutedByOneOpening(string kind)
    {
        Prng numbers = new((ulong)kind[0] << 40 | kind[^1]);
        for (int i = 0; i < Runs.Count(fast: 12, full: 500); i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            Assert.NotNull(await chain.AdmitAsync(model));
            GraphRun run = new(model, numbers.Bytes(model.InputBytesMax));
            int element = numbers.Below(model.Graph.Operators[0].Output.Elements);
            await PostAsync(run, element, numbers);
        }
    }

    [SharedDataTheory("tflite")]
    [InlineData("ad")]
    [InlineData("ic")]
    [InlineData("kws")]
    [InlineData("vww")]
    [InlineData("micro_speech")]
    [InlineData("person_detect")]
    [InlineData("mobilenet_v2")]
    public async Task RealModel_EveryOperator_IsJudgedAsDefined(string name)
    {
        Assert.Null(CourtChain.Missing);
        using IModel opened = ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
        GraphModel model = (GraphModel)opened;
        Assert.NotNull(await chain.AdmitAsync(model));
        GraphRun run = new(
            model, await File.ReadAllBytesAsync(SharedData.PathOf("tflite", name, "random0.in")));
        Bytes32 root = run.TraceRoot;
        Prng numbers = new((ulong)name.Length);
        long most = 0;
        for (int op = 0; op < model.Graph.Operators.Length; op++)
        {
            int last = model.Graph.Operators[op].Output.Elements - 1;
            foreach (int element in (int[])[0, last, numbers.Between(0, last)])
            {
                byte[] proof = run.Prove(op, element);
                Assert.Equal(
                    (op, element, false),
                    (op, element, await chain.ContradictsAsync(run, root, proof)));
                most = Math.Max(most, await chain.GasOfAsync(run, root, proof));
            }
        }

        IsAsKnown(name, most);
    }

    /// <summary>The longest row, of as many different values as there are: what one element can
    /// take at most; and the rows whose sum leaves the domain of the reference.</summary>
    [ContractTheory]
    [InlineData(511, 1)]
    [InlineData(512, 1)]
    [InlineData(1001, 1)]
    [InlineData(4095, 1)]
    [InlineData(4095, 256)]
    public async Task Softmax_LongRows_AreJudgedAsDefinedWithinTheLimit(int length, int values)
    {
        using GraphModel model = new GraphBuilder(GraphBuilder.Int8(0, 1, length)).Add(
            GraphBuilder.Int8(-128, 1, length),
            w => new Softmax(w, 1_500_000_000, 20, -255)).Build();
        Assert.NotNull(await chain.AdmitAsync(model));
        GraphRun run = new(
            model, [.. Enumerable.Range(0, length).Select(i => (byte)(i % values))]);
        await JudgeAsync(run, 0, length - 1, 1);
        long gas = await chain.GasOfAsync(run, run.TraceRoot, run.Prove(0, length - 1));
        Assert.InRange(gas, 1, ElementGas.Max);
    }

    /// <summary>Compares with the gas that is checked in: of the dearest judgement of a model, a
    /// whole transaction. Where the compiler puts a function moves it by some gas, no more.
    /// </summary>
    internal static void IsAsKnown(string name, long most)
    {
        using JsonDocument snapshot = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(
            SharedData.RepositoryRoot, "tests/ComputeVoucher.Disputes.Tests/Contracts/gas.json")));
        long known = snapshot.RootElement.GetProperty(name).GetInt64();
        Assert.InRange(most, known * 99 / 100, known * 101 / 100);
    }

    /// <summary>What the judge in C# says of the same bytes; null where it refuses them.</summary>
    private static bool? VerdictOf(GraphRun run, Bytes32 traceRoot, byte[] proof)
    {
        GraphModel model = run.Model;
        GraphJudge judge = new(
            model.ModelRoot, model.Architecture, model.Description.ParametersRoot);
        return judge.Element(traceRoot, proof).Verdict switch
        {
            Verdict.Equal => false,
            Verdict.Differs => true,
            _ => null,
        };
    }

    private async Task JudgeAsync(GraphRun run, int op, int element, int difference)
    {
        Assert.Equal(run.Computed(op, element), run[op, element]);
        byte[] honest = run.Prove(op, element);
        Assert.Equal(false, VerdictOf(run, run.TraceRoot, honest));
        Assert.Equal(false, await chain.ContradictsAsync(run, run.TraceRoot, honest));

        run[op, element] ^= (byte)difference;
        byte[] forged = run.Prove(op, element);
        Assert.Equal(true, VerdictOf(run, run.TraceRoot, forged));
        Assert.Equal(true, await chain.ContradictsAsync(run, run.TraceRoot, forged));
        Assert.Null(await chain.ContradictsAsync(run, run.TraceRoot, honest));
        run[op, element] ^= (byte)difference;
    }

    private async Task PostAsync(GraphRun run, int element, Prng numbers)
    {
        Bytes32 root = run.TraceRoot;
        byte[] request = run.Request(0, element);
        (byte[] proof, byte[] values, (int Tensor, int Element)[] operands) =
            run.Post(0, element);
        Assert.Equal(true, await chain.ExplainsAsync(run, root, request, values, proof));
        Assert.Equal(
            true, await chain.ExplainsAsync(run, root, request, [], run.Prove(0, element, 2)));
        byte[] more = [.. values, 0];
        Assert.Null(await chain.ExplainsAsync(run, root, request, more, proof));
        Assert.Null(await chain.ExplainsAsync(run, root, request[..^1], values, proof));

        int place = numbers.Below(values.Length);
        byte[] refutation = run.Refute(place, operands[place].Tensor, operands[place].Element);
        Assert.Equal(false, await chain.RefutesAsync(run, root, request, values, refutation));
        values[place] ^= (byte)numbers.Between(1, 255);
        Assert.Equal(true, await chain.RefutesAsync(run, root, request, values, refutation));
        refutation[^1] ^= 1;
        Assert.NotEqual(true, await chain.RefutesAsync(run, root, request, values, refutation));
    }

    private static byte[] Changed(byte[] proof, Prng numbers)
    {
        byte[] changed = [.. proof];
        switch (numbers.Below(4))
        {
            case 0:
                return changed[..numbers.Below(changed.Length)];
            case 1:
                return [.. changed, (byte)numbers.Next()];
            case 2:
                changed[numbers.Below(Math.Min(40, proof.Length))] ^= (byte)numbers.Between(1, 255);
                return changed;
            default:
                changed[numbers.Below(changed.Length)] ^= (byte)numbers.Between(1, 255);
                return changed;
        }
    }
}
