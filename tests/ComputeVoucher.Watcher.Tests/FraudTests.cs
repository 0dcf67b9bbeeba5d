using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Fraud;
using ComputeVoucher.TestKit;
using Xunit.Abstractions;

namespace ComputeVoucher.Watcher.Tests;

/// <summary>What <c>run.sh --fraud</c> plays, and that it says so where something is not as it has
/// to be.</summary>
[Trait("Category", "load")]
public sealed class FraudTests(ITestOutputHelper output)
{
    private static readonly string s_model = PathOf("glyphs.tflite");

    private static readonly byte[] s_input = File.ReadAllBytes(PathOf("glyphs.inputs"));

    [FraudFact]
    public async Task TheThreeNodes_AreJudgedRightly_AndTheTableSaysSo()
    {
        FraudCase[] cases = await Program.PlayAsync(s_model, s_input, output.WriteLine);

        using StringWriter table = new();
        using StringWriter faults = new();
        int status = Program.Tell(cases, table, faults);
        output.WriteLine($"{table}{faults}");
        Assert.Equal((0, ""), (status, $"{faults}"));
        Assert.Equal(3, cases.Length);
        Assert.All(cases, c => Assert.True(c.Checks > 5));
        Assert.All(cases, c => Assert.NotEmpty(c.Moves));
        string[] verdicts = [.. Array.ConvertAll(cases, c => c.Verdict)];
        Assert.Equal(["Lapsed", "Convicted", "Convicted"], verdicts);
    }

    /// <summary>An honest run where a forged one is wanted: nobody is convicted, and the exit
    /// status is 1.</summary>
    [FraudFact]
    public async Task NoFraud_IsNoConviction_AndAFailureOfThePlay()
    {
        await using FraudPlay play = await FraudPlay.StartAsync(
            s_model, s_input, output.WriteLine);
        List<FraudCase> cases =
        [
            await play.FlipsAsync(play.Honest), await play.IsSilentAsync(play.Honest),
        ];

        using StringWriter table = new();
        using StringWriter faults = new();
        Assert.Equal(1, Program.Tell([.. cases], table, faults));
        Assert.All(cases, c => Assert.Equal("None", c.Verdict));
        Assert.All(cases, c => Assert.Equal(c.Before, c.After));
        Assert.Contains("convictions is 0 where 1 is wanted", $"{faults}",
            StringComparison.Ordinal);
    }

    private static string PathOf(string file) =>
        Path.Combine(SharedData.RepositoryRoot, "models", "glyphs", file);
}

/// <summary>A fact that needs anvil and the compiled contracts; its model is shipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FraudFactAttribute : FactAttribute
{
    public FraudFactAttribute() => Skip = CourtMarket.Missing;
}
