using System.Collections.Generic;
using System.IO;
using System.Linq;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Tests;

/// <summary>Units are one function of architecture, prompt, steps and flags.</summary>
public sealed class UnitsTests
{
    /// <summary>Elements of the small model that a proof has to show.</summary>
    private const ulong Proved = 32 + 36 + 36 + 12 + 6 + 6 + 4 + 4;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 100_000)]
    [InlineData(8, 200_000_000)]
    [InlineData(15, 200_100_000)]
    public void Graph_EveryReaderAddsThePriceOfTheFlags(byte flags, ulong price)
    {
        using GraphModel model = SmallModel.Build();
        WantedProofs proofs = CostTable.ProofsOf(flags);
        ulong expected = model.Description.Units + Proved * price;
        byte[] input = new byte[model.InputBytesMax];
        using IModelSession session = model.CreateSession(Backend.Auto, 1);
        RunResult run = session.Run(input, new RunOptions { Proofs = proofs });
        Assert.Equal(expected, model.Costs.Run(0, 1, proofs));
        Assert.Equal(expected, model.CheckInput(input, proofs).UnitsMax);
        Assert.Equal(expected, run.Units);
        Assert.Equal(
            new OutputInfo(run.OutputRoot, 1, expected, IsWhole: true),
            model.CheckOutput(input, run.Output, proofs));
    }

    /// <summary>Nothing was done, whatever was ordered with it.</summary>
    [Theory]
    [InlineData(WantedProofs.None)]
    [InlineData(WantedProofs.All)]
    public void Graph_ZeroSteps_CostNothing(WantedProofs proofs)
    {
        using GraphModel model = SmallModel.Build();
        Assert.Equal(0ul, model.Costs.Run(0, 0, proofs));
        Assert.Equal(
            OutputInfo.Nothing, model.CheckOutput(new byte[model.InputBytesMax], [], proofs));
        Assert.Equal(
            new OutputInfo(TraceTree.ListRoot([]), 0, 0, IsWhole: false), OutputInfo.Nothing);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(1, 1)]
    [InlineData(1, 16)]
    public void Graph_OtherStepsOrBits_AreRefused(uint steps, byte bits)
    {
        using GraphModel model = SmallModel.Build();
        Assert.Throws<ModelException>(() => model.Costs.Run(0, steps, (WantedProofs)bits));
    }

    /// <summary>Prices and sums of units stand in the table and in the two functions that read it;
    /// whoever else wants units asks those.</summary>
    [Theory]
    [InlineData("SuccinctProofElement", "CostTable.cs", "GraphCosts.cs")]
    [InlineData("Groth16ProofElement", "CostTable.cs", "GraphCosts.cs")]
    [InlineData("raph.Units", "GraphDescription.cs", "GraphModel.cs")]
    [InlineData("raph.ProvedElements", "GraphDescription.cs", "GraphModel.cs")]
    [InlineData("LanguageExpElement", "CostTable.cs", "LlamaCosts.cs")]
    public void Prices_AreReadInOnePlace(string name, params string[] files)
    {
        IEnumerable<string> found = Directory
            .EnumerateFiles(Path.Combine(SharedData.RepositoryRoot, "src"), "*.cs",
                SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/") && File.ReadAllText(file).Contains(name))
            .Select(file => Path.GetFileName(file));
        Assert.Equal(files, found.Order());
    }
}
