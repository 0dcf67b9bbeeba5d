using System.Linq;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests;

/// <summary>What a proof will add to the units of an order: a function of the architecture.
/// </summary>
public sealed class ProofPriceTests
{
    private static readonly string[] s_free = ["RESHAPE", "PAD", "TRANSPOSE", "MAX_POOL_2D"];

    [Fact]
    public void Prices_AreFrozen() => Assert.Equal(
        (100_000ul, 200_000_000ul),
        (CostTable.SuccinctProofElement, CostTable.Groth16ProofElement));

    [Fact]
    public void SmallModel_CountsWhatDoesMoreThanMove()
    {
        using GraphModel model = SmallModel.Build();
        // ADD, CONV_2D, DEPTHWISE_CONV_2D, AVERAGE_POOL_2D, MEAN, QUANTIZE, FULLY_CONNECTED,
        // SOFTMAX.
        Assert.Equal(32 + 36 + 36 + 12 + 6 + 6 + 4 + 4, model.Description.ProvedElements);
    }

    [SharedDataTheory("tflite")]
    [InlineData("ad")]
    [InlineData("ic")]
    [InlineData("kws")]
    [InlineData("vww")]
    public void PublishedModel_SumsItsOperators(string name)
    {
        using IModel model = ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
        long elements = model.Description.Operators
            .Where(op => !s_free.Contains(op.Name))
            .Sum(op => op.OutputDims.Aggregate(1L, (product, side) => product * side));
        Assert.Equal(elements, model.Description.ProvedElements);
        Assert.True(elements > 0);
    }
}
