using System;
using System.Buffers.Binary;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Tests;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>The registry takes what the decoder takes, and nothing else.</summary>
[Trait("Category", "load")]
public sealed class RegistryTests(CourtChain chain) : IClassFixture<CourtChain>
{
    private const int ChangesPerModel = 40;

    // The code limit of EIP-170, less the 00 in front.
    private const int PageBytes = 24_575;

    // Header, one tensor taken in: 4 + 11 numbers; then the operator's 31.
    private static readonly int[] s_edges =
        [0, 1, -1, 2, 3, 9, 40, 114, 128, -128, 4095, 4096, 4097, int.MaxValue, int.MinValue];

    public static TheoryData<string> Kinds => [.. RandomLayers.All.Keys];

    /// <summary>Any one number of an architecture changed: both refuse, or both accept.</summary>
    [ContractTheory]
    [MemberData(nameof(Kinds))]
    public async Task Fuzz_RegistryAdmitsExactlyWhatDecodeAccepts(string kind)
    {
        Prng numbers = new((ulong)kind[0] << 8 | kind[^1]);
        int accepted = 0;
        for (int i = 0; i < Runs.Count(fast: 4, full: 250); i++)
        {
            using GraphModel model = RandomLayers.All[kind](numbers).Build();
            Bytes32 parameters = model.Description.ParametersRoot;
            Assert.True(await chain.WouldAdmitAsync(model.Architecture, parameters));
            for (int change = 0; change < ChangesPerModel; change++)
            {
                byte[] changed = Changed(model.Architecture, numbers);
                bool isGraph = IsGraph(changed, parameters);
                accepted += isGraph ? 1 : 0;
                Assert.True(
                    isGraph == await chain.WouldAdmitAsync(changed, parameters),
                    $"decoder {isGraph}: {Convert.ToHexString(changed)}");
            }
        }

        Assert.NotEqual(0, accepted);
    }

    [SharedDataTheory("tflite")]
    [InlineData("ad")]
    [InlineData("kws")]
    [InlineData("person_detect")]
    public async Task RealModel_OneNumberChanged_IsRefusedByBothOrNone(string name)
    {
        Assert.Null(CourtChain.Missing);
        using IModel opened = ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
        GraphModel model = (GraphModel)opened;
        Bytes32 parameters = model.Description.ParametersRoot;
        Prng numbers = new((ulong)name[0]);
        for (int change = 0; change < Runs.Count(fast: 40, full: 2000); change++)
        {
            byte[] changed = Changed(model.Architecture, numbers);
            Assert.True(
                IsGraph(changed, parameters) == await chain.WouldAdmitAsync(changed, parameters),
                Convert.ToHexString(changed));
        }
    }

    /// <summary>An architecture of two pages, checked in three transactions by whoever comes: its
    /// elements can be judged only when the last operator is checked, those at the border between
    /// the pages too.</summary>
    [ContractTheory]
    [InlineData(250)]
    public async Task LongGraph_InPagesAndParts_IsAdmittedWithItsLastOperator(int operators)
    {
        GraphTensor tensor = GraphBuilder.Int8(0, 3);
        GraphBuilder chained = new(tensor);
        for (int i = 0; i < operators; i++)
        {
            _ = chained.Add(tensor, w => new Reshape(w));
        }

        using GraphModel model = chained.Build();
        Bytes32 parameters = model.Description.ParametersRoot;
        byte[] first = model.Architecture[..PageBytes];
        byte[] second = model.Architecture[PageBytes..];
        Assert.NotNull(await chain.StoreAsync(first));
        Assert.NotNull(await chain.StoreAsync(second));
        Assert.NotNull(await chain.StoreAsync(second[..^1]));
        Assert.Null(await chain.StartAsync(parameters, second, first));
        Assert.Null(await chain.StartAsync(parameters, first, second[..^1]));
        Assert.Null(await chain.StartAsync(parameters, first, second[..^2]));
        Assert.NotNull(await chain.StartAsync(parameters, first, second));
        Assert.NotNull(await chain.StartAsync(parameters, first, second));

        GraphRun run = new(model, [1, 2, 3]);
        Bytes32 root = run.TraceRoot;
        Assert.NotNull(await chain.ProceedAsync(model, 100));
        Assert.Null(await chain.ContradictsAsync(run, root, run.Prove(7, 1)));
        Assert.NotNull(await chain.ProceedAsync(model, 149));
        Assert.Null(await chain.ContradictsAsync(run, root, run.Prove(7, 1)));
        Assert.NotNull(await chain.ProceedAsync(model, 1));
        for (int op = 190; op < 205; op++)
        {
            Assert.Equal(false, await chain.ContradictsAsync(run, root, run.Prove(op, 1)));
        }
    }

    /// <summary>Units, shapes and ends are those that the provider's own software counts.</summary>
    [SharedDataTheory("tflite")]
    [InlineData("ic")]
    [InlineData("mobilenet_v2")]
    public async Task RealModel_Admitted_HasTheUnitsOfTheCostTable(string name)
    {
        Assert.Null(CourtChain.Missing);
        using IModel opened = ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
        GraphModel model = (GraphModel)opened;
        Assert.NotNull(await chain.AdmitAsync(model));
        Assert.Equal(model.Graph.Units, await chain.UnitsAsync(model, steps: 1, flags: 3));
        Assert.Equal(0UL, await chain.UnitsAsync(model, steps: 0, flags: 3));
        ulong shown = (ulong)model.Graph.ProvedElements;
        Assert.Equal(
            model.Graph.Units + shown * CostTable.SuccinctProofElement,
            await chain.UnitsAsync(model, steps: 1, flags: 4));
        Assert.Equal(
            model.Graph.Units + shown * CostTable.Groth16ProofElement,
            await chain.UnitsAsync(model, steps: 1, flags: 8));
    }

    private static bool IsGraph(byte[] architecture, Bytes32 parameters)
    {
        try
        {
            _ = new GraphJudge(
                ModelRoots.Model(ModelRoots.Architecture([], architecture), parameters),
                architecture, parameters);
            return true;
        }
        catch (ModelException)
        {
            return false;
        }
    }

    private static byte[] Changed(byte[] architecture, Prng numbers)
    {
        byte[] changed = [.. architecture];
        Span<byte> at = changed.AsSpan(4 * numbers.Below(changed.Length / 4), 4);
        int value = BinaryPrimitives.ReadInt32LittleEndian(at);
        int other = numbers.Below(4) switch
        {
            0 => unchecked(value + 1),
            1 => unchecked(value - 1),
            2 => s_edges[numbers.Below(s_edges.Length)],
            _ => numbers.Between(-40, 300),
        };
        BinaryPrimitives.WriteInt32LittleEndian(at, other);
        return numbers.Below(30) == 0 ? changed[..^numbers.Between(1, 8)] : changed;
    }
}
