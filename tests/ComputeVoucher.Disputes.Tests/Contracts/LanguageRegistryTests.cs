using System;
using System.Buffers.Binary;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Disputes.Tests.Language;
using ComputeVoucher.Execution.Language;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>The registry takes the language models that the judge takes, and nothing else; units
/// and layout of what it took are those of the provider's own software.</summary>
[Trait("Category", "load")]
public sealed class LanguageRegistryTests(CourtChain chain) : IClassFixture<CourtChain>
{
    private const int ChangesPerModel = 60;

    /// <summary>Bytes before the forms and exponents: they may be any, those before are numbers.
    /// </summary>
    private const int NumbersEnd = 60;
    private const int KindsStart = 148;

    private static readonly int[] s_edges =
    [
        0, 1, -1, 2, 4, 30, 31, 32, 64, 255, 256, 257, 258, 4096, 16_384, 16_385, 32_768, 32_769,
        65_536, 65_537, 1 << 19, (1 << 19) + 1, int.MaxValue, int.MinValue,
    ];

    public static TheoryData<string> Models => [.. LanguageRuns.All.Keys];

    /// <summary>Any one number of an architecture changed: both refuse, or both accept.</summary>
    [ContractTheory]
    [MemberData(nameof(Models))]
    public async Task Fuzz_RegistryAdmitsExactlyWhatDecodeAccepts(string name)
    {
        Prng numbers = new(Runs.IsFull ? Runs.Fresh : (ulong)name[0]);
        using LanguageModel model = LanguageRuns.All[name]();
        int accepted = 0;
        Assert.True(await SameAsync(model.ArchitectureBytes, model.ParametersRoot));
        for (int i = 0; i < Runs.Count(fast: ChangesPerModel, full: 50 * ChangesPerModel); i++)
        {
            byte[] changed = Changed(model.ArchitectureBytes, numbers);
            accepted += await SameAsync(changed, model.ParametersRoot) ? 1 : 0;
        }

        Assert.NotEqual(0, accepted);
    }

    /// <summary>Shapes up to the largest: what is too dear to judge, or too long for a list, is
    /// refused by both.</summary>
    [ContractFact]
    public async Task AnyShape_IsRefusedByBothOrNone()
    {
        Prng numbers = new(Runs.IsFull ? Runs.Fresh : 1UL);
        int accepted = 0;
        int cases = Runs.Count(fast: 150, full: 20_000);
        for (int i = 0; i < cases; i++)
        {
            accepted += await SameAsync(Any(numbers), default) ? 1 : 0;
        }

        Assert.InRange(accepted, cases / 20, cases - cases / 20);
    }

    /// <summary>The longest context of a shape that both take, and one position more.</summary>
    [ContractFact]
    public async Task LongestContext_IsTheSameForBoth()
    {
        Prng numbers = new(Runs.IsFull ? Runs.Fresh : 3UL);
        for (int i = 0; i < Runs.Count(fast: 12, full: 1_000); i++)
        {
            LlamaShape shape = AdmittedShapes.Any(numbers, isSlow: i % 2 == 0);
            int context = AdmittedShapes.LongestContext(shape);
            byte[] kinds = new byte[3 + 9 * shape.Layers];
            Array.Fill(kinds, (byte)(WeightForm.Int4 - 1));
            Assert.True(await SameAsync(
                Encoded(shape with { Context = context }, 32, false, kinds), default));
            Assert.False(await SameAsync(
                Encoded(shape with { Context = context + 1 }, 32, false, kinds), default));
        }
    }

    /// <summary>Every head's width has the multiplier and shift that import computes.</summary>
    [ContractFact]
    public async Task EveryHeadDim_HasTheScoreOfImport()
    {
        for (int headDim = 2; headDim <= LlamaShape.HeadDimMax; headDim += 2)
        {
            var shape = new LlamaShape(64, 64, 1, 1, 1, headDim, 64, 64);
            Assert.True(await SameAsync(Encoded(shape, 32, true, new byte[12]), default));
        }
    }

    [ContractTheory]
    [MemberData(nameof(Models))]
    public async Task Admitted_UnitsShapesAndCounts_AreTheProviders(string name)
    {
        Prng numbers = new(2);
        using LanguageModel model = LanguageRuns.All[name]();
        Assert.StartsWith("0x" + new string('0', 64), await chain.FamilyAsync(model.ModelRoot));
        Assert.NotNull(
            await chain.AdmitLanguageAsync(model.ArchitectureBytes, model.ParametersRoot));
        Assert.StartsWith(
            "0x" + new string('0', 63) + "2", await chain.FamilyAsync(model.ModelRoot));
        Assert.Null(await chain.UnitsAsync(model.ModelRoot, 1, 1, flags: 4));
        Assert.Null(await chain.UnitsAsync(model.ModelRoot, 1, 1, flags: 8));
        foreach (bool drawn in new[] { false, true })
        {
            byte[] input = LanguageRuns.Input(model, numbers, drawn);
            TraceLayout layout = new(model.Architecture, InputRecord.Decode(input).Header);
            RecordHeader record = layout.Record;
            for (uint steps = 0; steps < 3; steps++)
            {
                Assert.Equal(
                    model.Costs.Run((uint)record.Prompt, steps, WantedProofs.None),
                    await chain.UnitsAsync(model.ModelRoot, (uint)record.Prompt, steps, flags: 3));
                ChainRun run = new(
                    model.ModelRoot, default, default, default, (uint)record.Prompt, steps,
                    record.Sampling.TopK);
                long count = steps == 0 ? 0 : layout.Tensors(steps);
                Assert.Equal(count, await chain.CountAsync(run, tree: 0));
                Assert.Equal(Math.Min(1, steps), await chain.CountAsync(run, tree: 1));
                Assert.Null(await chain.TensorAsync(run, tree: 0, (int)count));
                Assert.Null(await chain.TensorAsync(run, tree: 0, 0));
                for (int i = 1; i < count; i += Runs.IsFull ? 1 : numbers.Between(1, 40))
                {
                    TracePlace at = layout.Locate(i);
                    Assert.Equal(
                        Encoded(layout.Type(at.Tensor), layout.Dims(at)),
                        await chain.TensorAsync(run, tree: 0, i));
                }

                if (steps > 0)
                {
                    Assert.Equal(
                        Encoded(TensorType.Int32, [(int)steps]),
                        await chain.TensorAsync(run, tree: 1, 0));
                }
            }
        }
    }

    /// <summary>What `tensorOf` gives: the header as it is hashed, and the bytes.</summary>
    private static string Encoded(TensorType type, int[] dims)
    {
        byte[] header = new byte[2 + 4 * dims.Length];
        (header[0], header[1]) = ((byte)type, (byte)dims.Length);
        for (int i = 0; i < dims.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(2 + 4 * i), dims[i]);
        }

        ulong bytes = (ulong)TraceTree.ElementBytes(type);
        bytes = dims.Aggregate(bytes, (a, b) => a * (ulong)b);
        return Hex.Encode(new AbiWriter().WriteBytes(header)
            .Write(bytes).ToArray());
    }

    private async Task<bool> SameAsync(byte[] architecture, Bytes32 parameters)
    {
        string reason = "";
        try
        {
            _ = new LanguageJudge(
                ModelRoots.Model(LlamaRoots.Architecture(architecture), parameters),
                architecture, parameters);
        }
        catch (ModelException e)
        {
            reason = e.Message;
        }

        Assert.True(
            (reason.Length == 0) == await chain.WouldAdmitLanguageAsync(architecture, parameters),
            $"judge: '{reason}', {Convert.ToHexString(architecture)}");
        return reason.Length == 0;
    }

    private static byte[] Any(Prng numbers)
    {
        int Up(int most) => numbers.Between(1, most >> numbers.Between(0, 4));
        int kvHeads = Up(64);
        var shape = new LlamaShape(
            Up(LlamaShape.DimMax), Up(LlamaShape.HiddenMax), Up(LlamaShape.LayersMax),
            kvHeads * numbers.Between(1, 4), kvHeads, 2 * Up(LlamaShape.HeadDimMax / 2),
            Up(LlamaShape.VocabMax), Up(LlamaShape.ContextMax));
        byte[] kinds = numbers.Bytes(3 + 9 * shape.Layers);
        return Encoded(shape, numbers.Between(0, 1) == 0 ? 32 : 64, false, kinds);
    }

    /// <summary>Kinds made valid.</summary>
    private static byte[] Encoded(LlamaShape shape, int residualBits, bool tied, byte[] kinds)
    {
        for (int i = 0; i < kinds.Length; i++)
        {
            bool norm = i < 3 ? i == 2 : (i - 3) % 9 < 2;
            kinds[i] = (byte)(norm ? kinds[i] % 31 : 1 + kinds[i] % 4);
        }

        (int multiplier, int shift) = LlamaParameters.Score(shape.HeadDim);
        return new LlamaArchitecture(shape, 5, multiplier, shift, residualBits, tied, kinds)
            .Encode();
    }

    private static byte[] Changed(byte[] architecture, Prng numbers)
    {
        byte[] changed = [.. architecture];
        if (numbers.Between(0, 2) == 0)
        {
            int kind = numbers.Between(NumbersEnd, changed.Length - 1);
            kind = numbers.Between(0, 3) == 0 ? kind
                : numbers.Between(KindsStart, changed.Length - 1);
            changed[kind] = (byte)numbers.Between(0, numbers.Between(0, 1) == 0 ? 5 : 255);
            return changed;
        }

        Span<byte> at = changed.AsSpan(4 * numbers.Between(0, NumbersEnd / 4 - 1), 4);
        int value = BinaryPrimitives.ReadInt32LittleEndian(at);
        BinaryPrimitives.WriteInt32LittleEndian(at, numbers.Between(0, 3) switch
        {
            0 => unchecked(value + 1),
            1 => unchecked(value - 1),
            2 => s_edges[numbers.Between(0, s_edges.Length - 1)],
            _ => numbers.Between(-40, 300),
        });
        return numbers.Between(0, 29) == 0 ? changed[..^numbers.Between(1, 8)]
            : numbers.Between(0, 29) == 0 ? [.. changed, 1] : changed;
    }
}
