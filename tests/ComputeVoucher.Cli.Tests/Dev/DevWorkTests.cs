using System;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What a development market buys: enough for all that its orders are signed for.
/// </summary>
[Trait("Category", "load")]
public sealed class DevWorkTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public void UnitsToBuy_Prompt_CoverWhatTheOrdersMayCost(int orders)
    {
        using DevWork work = DevWork.OfPrompt(
            NodeRig.ShippedTales, "Once upon a time", 400, orders);
        UInt128 most = work.Model.CheckInput(work.OnePrompt[0].Span).UnitsMax;
        for (int i = 0; i < orders; i++)
        {
            most += work.Model.CheckInput(work.Inputs[i].Span).UnitsMax;
        }

        Assert.True(work.UnitsToBuy >= most, $"{work.UnitsToBuy} units for {most}");
    }

    [Fact]
    public void UnitsToBuy_Graph_IsTwiceTheOrdersAndOne()
    {
        using DevWork work = DevWork.OfInputs(NodeRig.ShippedModel, NodeRig.ShippedInput, 256);
        Assert.Equal((UInt128)23_299_000, work.UnitsToBuy);
    }
}
