using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Tests;

/// <summary>The names of models, recomputed by hand and frozen.</summary>
public sealed class ModelRootTests
{
    private const string FrozenSmall =
        "0x579a333ef5e5ca2d7540f43dac3311c821bba4d4e73ac6805efc5039da8cfe6f";

    private const string FrozenCosts =
        "0xb2ec49531c966a63545011ee1e900a1aba28073cb20f6ca882d2d4d87b1b22fc";

    private const string FrozenKws =
        "0x924b525c582623ae534480a9d3575aa972ca185682030f6647ae670700c61af4";

    /// <summary>An order that was cancelled before it ran: what its receipt has to say.</summary>
    [Fact]
    public void CheckOutput_OfNothing_IsNoStepsAndNoUnits()
    {
        using GraphModel model = SmallModel.Build();
        OutputInfo nothing = model.CheckOutput(new byte[model.InputBytesMax], []);
        Assert.Equal((0u, 0ul), (nothing.Steps, nothing.Units));
        Assert.Equal(TraceTree.ListRoot([]), nothing.OutputRoot);
    }

    [Fact]
    public void ModelRoot_SmallModel_IsBuiltFromTaggedParts()
    {
        using GraphModel model = SmallModel.Build();
        ModelDescription d = model.Description;
        Assert.Equal(Keccak([5], model.Architecture), d.ArchitectureDigest);
        Assert.Equal(
            Keccak([4], Word(1), d.ArchitectureDigest.ToArray(), d.ParametersRoot.ToArray()),
            d.ModelRoot);

        List<Bytes32> leaves = [];
        foreach (Operator op in model.Graph.ParameterLayers)
        {
            ChannelParameters p = op.Parameters!;
            for (int c = 0; c < p.Channels; c++)
            {
                leaves.Add(Keccak(
                    [6], Word(op.Wiring.Index), Word(c), Word(p.WeightsPerChannel),
                    Word(p.Bias[c]), Word(p.Multiplier[c]), Word(p.Shift[c]),
                    [.. p.Weights.Skip(c * p.WeightsPerChannel).Take(p.WeightsPerChannel)
                        .Select(w => (byte)w)]));
            }
        }

        Assert.Equal(10, leaves.Count);
        Assert.Equal(
            Keccak([7], Word(10), TraceTree.NodeRoot(leaves.ToArray()).ToArray()),
            d.ParametersRoot);
    }

    [Fact]
    public void ModelRoot_OneWeightChanged_ChangesTheParametersAlone()
    {
        using GraphModel one = SmallModel.Build();
        using GraphModel other = SmallModel.Build(firstWeight: 2);
        Assert.Equal(one.Description.ArchitectureDigest, other.Description.ArchitectureDigest);
        Assert.NotEqual(one.Description.ParametersRoot, other.Description.ParametersRoot);
        Assert.NotEqual(one.ModelRoot, other.ModelRoot);
    }

    [Fact]
    public void ModelRoot_ZeroPointChanged_ChangesTheArchitectureAlone()
    {
        using GraphModel one = SmallModel.Build();
        using GraphModel other = SmallModel.Build(zeroPoint: -4);
        Assert.NotEqual(one.Description.ArchitectureDigest, other.Description.ArchitectureDigest);
        Assert.Equal(one.Description.ParametersRoot, other.Description.ParametersRoot);
    }

    // A changed value here renames every model that was ever registered or sold.
    [Fact]
    public void Roots_AreFrozen()
    {
        using GraphModel model = SmallModel.Build();
        AssertFrozen(FrozenSmall, model.ModelRoot);
        AssertFrozen(FrozenCosts, CostTable.Hash);
    }

    [SharedDataFact("tflite/kws")]
    public void Roots_OfPublishedModel_AreFrozen()
    {
        using IModel kws = ModelFile.Open(SharedData.PathOf("tflite", "kws", "model.tflite"));
        AssertFrozen(FrozenKws, kws.ModelRoot);
    }

    private static void AssertFrozen(string frozen, Bytes32 value) =>
        Assert.True(frozen == value.ToString(), $"{value} was {frozen}");

    private static byte[] Word(int value)
    {
        byte[] word = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(word, value);
        return word;
    }

    private static Bytes32 Keccak(params ReadOnlySpan<byte[]> parts)
    {
        List<byte> message = [];
        foreach (byte[] part in parts)
        {
            message.AddRange(part);
        }

        return Keccak256.Hash(message.ToArray());
    }
}
