using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Fraud;

/// <summary>What <c>run.sh --fraud</c> runs. Exit 0: both frauds were slashed, the honest node was
/// not, and every figure is what it has to be; 1: not so; 2: wrong usage, or something is missing.
/// </summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is not [string model, string input])
        {
            await Console.Error.WriteLineAsync("usage: fraud MODEL INPUT");
            return 2;
        }

        if (CourtMarket.Missing is { } missing)
        {
            await Console.Error.WriteLineAsync(missing);
            return 2;
        }

        try
        {
            FraudCase[] cases = await PlayAsync(
                model, await File.ReadAllBytesAsync(input), Console.Error.WriteLine);
            return Tell(cases, Console.Out, Console.Error);
        }
        catch (Exception failure) when (failure is ModelException or ChainException or IOException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }
    }

    /// <summary>All three, one after the other.</summary>
    internal static async Task<FraudCase[]> PlayAsync(
        string model, byte[] input, Action<string> say)
    {
        await using FraudPlay play = await FraudPlay.StartAsync(model, input, say);
        return
        [
            await play.HonestAsync(),
            await play.FlipsAsync(play.Forged),
            await play.IsSilentAsync(play.Forged),
        ];
    }

    /// <summary>The table, then what is wrong; the exit status.</summary>
    internal static int Tell(FraudCase[] cases, TextWriter table, TextWriter faults)
    {
        table.WriteLine(FraudTable.Of(cases));
        string[] wrong = [.. cases.SelectMany(c => c.Faults)];
        foreach (string fault in wrong)
        {
            faults.WriteLine(fault);
        }

        table.WriteLine($"{cases.Sum(c => c.Checks)} figures checked, {wrong.Length} wrong");
        return wrong.Length == 0 ? 0 : 1;
    }
}
