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
using Xunit.Abstractions;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>
/// The Solidity judge of graphs says what the definitions say: over random layers of every kind,
/// and over every operator of the real models.
/// </summary>
[Trait("Category", "load")]
public sealed class GraphElementsTests(CourtChain chain, ITestOutputHelper output)
    : IClassFixture<CourtChain>
{
    private const int ElementsPerLayer = 8;

    /// <summary>Models of the data that can be served: so many there were on 2026-11-27.</summary>
    private const int ModelsAtLeast = 15;

    public static TheoryData<string> Kinds => [.. RandomLayers.All.Keys];

    /// <summary>Honest elements stand, changed ones fall; half of the cases each.</summary>
    [ContractTheory]
    [MemberData(nameof(Kinds))]
    public async Task RandomLayers_EveryVerdict_IsTheDefinitions(string kind)
    {
        Prng numbers = new(Seed((ulong)kind[0] << 24 | kind[^1]));
        CaseBatch batch = new(chain);
        int layers = Runs.Count(fast: 12, full: 625);
        for (int i = 0; i < layers; i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            await chain.AsideAsync(() => JudgeAsync(batch, model, numbers));
        }

        Assert.Equal(3 * ElementsPerLayer * layers, batch.Judged);
    }

    private async Task JudgeAsync(CaseBatch batch, GraphModel model, Prng numbers)
    {
        Assert.NotNull(await chain.AdmitAsync(model));
        GraphRun run = new(model, numbers.Bytes(model.InputBytesMax));
        int elements = model.Graph.Operators[0].Output.Elements;
        for (int e = 0; e < ElementsPerLayer; e++)
        {
            int element = e < 2 ? e * (elements - 1) : numbers.Below(elements);
            await JudgeAsync(batch, run, 0, element, numbers.Between(1, 255));
        }

        await batch.JudgeAsync();
    }

    /// <summary>No byte of an honest proof can be changed so that it convicts, and both judges
    /// refuse the same proofs.</summary>
    [ContractTheory]
    [MemberData(nameof(Kinds))]
    public async Task RandomLayers_ChangedProofs_NeverConvict(string kind)
    {
        Prng numbers = new(Seed((ulong)kind[0] << 32 | kind[^1]));
        CaseBatch batch = new(chain);
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
                bool? verdict = VerdictOf(run, root, changed);
                Assert.NotEqual(true, verdict);
                await batch.AddAsync(ChainRun.Of(run, root), changed, verdict, kind);
            }
        }

        await batch.JudgeAsync();
    }

    [ContractTheory]
    [InlineData("AVERAGE_POOL_2D")]
    [InlineData("MAX_POOL_2D")]
    [InlineData("MEAN")]
    public async Task PostedOperands_WrongOnes_AreRefutedByOneOpening(string kind)
    {
        Prng numbers = new(Seed((ulong)kind[0] << 40 | kind[^1]));
        for (int i = 0; i < Runs.Count(fast: 12, full: 500); i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            GraphRun run = new(model, numbers.Bytes(model.InputBytesMax));
            int element = numbers.Below(model.Graph.Operators[0].Output.Elements);
            await chain.AsideAsync(async () =>
            {
                Assert.NotNull(await chain.AdmitAsync(model));
                await PostAsync(run, 0, element, numbers);
            });
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

    /// <summary>Whatever file of the data is a model that can be served: every operator, with the
    /// honest element and with another one.</summary>
    [ContractFact("tflite")]
    public async Task EveryModelOfTheData_EveryOperator_IsJudgedAsDefined()
    {
        Prng numbers = new(Seed(20_261_127));
        CaseBatch batch = new(chain);
        int models = 0;
        foreach (string path in Directory.EnumerateFiles(
            SharedData.Folder, "*.tflite", SearchOption.AllDirectories).Order())
        {
            using GraphModel? model = Opened(path);
            if (model is null)
            {
                continue;
            }

            models++;
            output.WriteLine($"{path}: {model.Graph.Operators.Length} operators");
            Assert.NotNull(await chain.AdmitAsync(model));
            GraphRun run = new(model, numbers.Bytes(model.InputBytesMax));
            for (int op = 0; op < model.Graph.Operators.Length; op++)
            {
                int last = model.Graph.Operators[op].Output.Elements - 1;
                foreach (int element in (int[])[last, numbers.Between(0, last)])
                {
                    // The operands of a wide pool are posted, and one of them opened.
                    await (run.Prove(op, element).Length > ElementProof.BytesMax
                        ? PostAsync(run, op, element, numbers)
                        : JudgeAsync(batch, run, op, element, numbers.Between(1, 255)));
                }
            }

            await batch.JudgeAsync();
        }

        Assert.InRange(models, ModelsAtLeast, int.MaxValue);
    }

    /// <summary>The same tampers as before the judge in C#: anywhere in a real model, with what
    /// follows from them computed anew or left alone.</summary>
    [SharedDataTheory("further")]
    [InlineData("tflite/ad", 2_400)]
    [InlineData("tflite/micro_speech", 1_600)]
    [InlineData("tflite/kws", 1_200)]
    [InlineData("tflite/ic", 800)]
    [InlineData("tflite/person_detect", 800)]
    [InlineData("tflite/vww", 800)]
    [InlineData("tflite/mobilenet_v2", 200)]
    [InlineData("further/tflite/hello", 1_000)]
    [InlineData("further/tflite/str_ww", 1_000)]
    [InlineData("further/tflite/ic_large", 100)]
    [InlineData("further/tflite/mobilenet_v2_pad", 100)]
    public async Task RealModel_AnyElementTampered_IsConvicted(string folder, int share)
    {
        Assert.Null(CourtChain.Missing);
        using var model = (GraphModel)ModelFile.Open(
            SharedData.PathOf([.. folder.Split('/'), "model.tflite"]));
        Assert.NotNull(await chain.AdmitAsync(model));
        Prng numbers = new(Seed((ulong)folder.Length << 16));
        HonestGraph run = new(model, numbers.Bytes(model.InputBytesMax));
        CaseBatch batch = new(chain);
        int tampers = Runs.Count(Math.Max(2, share / 100), share);
        for (int i = 0; i < tampers; i++)
        {
            Accusation accused = run.Accuse(numbers, recomputed: i % 2 == 0);
            await batch.AddAsync(
                ChainRun.Of(model, accused.Root), accused.Proof, true, accused.What);
        }

        await batch.JudgeAsync();
        Assert.Equal(tampers, batch.Judged);
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
        CaseBatch batch = new(chain);
        await JudgeAsync(batch, run, 0, length - 1, 1);
        await batch.JudgeAsync();
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
    private static bool? VerdictOf(GraphRun run, Bytes32 traceRoot, byte[] proof) =>
        run.Judge.Element(traceRoot, proof).Verdict switch
        {
            Verdict.Equal => false,
            Verdict.Differs => true,
            _ => null,
        };

    private ulong Seed(ulong everyDays)
    {
        ulong seed = Runs.IsFull ? Runs.Fresh ^ everyDays : everyDays;
        output.WriteLine($"seed {seed}");
        return seed;
    }

    private static GraphModel? Opened(string path)
    {
        try
        {
            return (GraphModel)ModelFile.Open(path);
        }
        catch (ModelException)
        {
            return null;
        }
    }

    /// <summary>An element as it is, and as a forger has it; and that the honest proof is none of
    /// the forger's.</summary>
    private static async Task JudgeAsync(
        CaseBatch batch, GraphRun run, int op, int element, int difference)
    {
        string what = $"{run.Model.Graph.Operators[op].Name} {op} [{element}]";
        Assert.Equal(run.Computed(op, element), run[op, element]);
        byte[] honest = run.Prove(op, element);
        Bytes32 root = run.TraceRoot;
        Judgement judgement = run.Judge.Element(root, honest);
        Assert.True(judgement.Verdict == Verdict.Equal, $"{what}: {judgement}");
        await batch.AddAsync(ChainRun.Of(run, root), honest, false, what);

        run.Change(op, element, difference);
        byte[] forged = run.Prove(op, element);
        root = run.TraceRoot;
        Assert.Equal(true, VerdictOf(run, root, forged));
        await batch.AddAsync(ChainRun.Of(run, root), forged, true, what);
        Assert.Null(VerdictOf(run, root, honest));
        await batch.AddAsync(ChainRun.Of(run, root), honest, null, what);
        run.Change(op, element, difference);
    }

    private async Task PostAsync(GraphRun run, int op, int element, Prng numbers)
    {
        Bytes32 root = run.TraceRoot;
        byte[] request = run.Request(op, element);
        (byte[] proof, byte[] values, (int Tensor, int Element)[] operands) =
            run.Post(op, element);
        Assert.Equal(true, await chain.ExplainsAsync(run, root, request, values, proof));
        // Longer than the judge in C# takes one, it is one to the contract all the same.
        Assert.Equal(
            true, await chain.ExplainsAsync(run, root, request, [], run.Prove(op, element, 2)));
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
