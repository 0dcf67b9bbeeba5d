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
