using System;
using System.CommandLine;
using ComputeVoucher.Chain;

namespace ComputeVoucher.Cli;

/// <summary><c>--timeout</c> and <c>--confirmations</c>, of every command that sends.</summary>
internal static class SendOptions
{
    /// <summary>Longer than any block takes, short enough to be a slip of the keyboard.</summary>
    public const int TimeoutSecondsMax = 86_400;

    /// <summary>A day of mainnet; more is a slip of the keyboard.</summary>
    private const int ConfirmationsMax = 7_200;

    public static Option<int> Timeout { get; } = Opt.Or<int>(
        "--timeout", "Seconds until it gives up on the chain; what was sent stays sent", "S",
        (int)SenderOptions.TimeoutDefault.TotalSeconds);

    public static Option<int> Confirmations { get; } = Opt.Or<int>(
        "--confirmations", "Blocks that make a transaction done, its own included", "N", 1);

    /// <summary>How the command line wants it; every transaction on standard error.</summary>
    public static SendRules Parse(ParseResult parsed) => new(
        TimeSpan.FromSeconds(Opt.Bounded(parsed, Timeout, 1, TimeoutSecondsMax)),
        (uint)Opt.Bounded(parsed, Confirmations, 1, ConfirmationsMax),
        Console.Error.WriteLine);
}

/// <summary>How patient a session on the chain is, and who hears of it.</summary>
/// <param name="Timeout">From its opening on.</param>
/// <param name="Confirmations">Blocks, the transaction's own included.</param>
/// <param name="Say">A line for every transaction and every pause.</param>
internal sealed record SendRules(TimeSpan Timeout, uint Confirmations, Action<string> Say)
{
    /// <summary>What a command that only reads waits for an endpoint: a window of the usual rate
    /// limits, ten times over.</summary>
    private static readonly TimeSpan s_readTimeout = TimeSpan.FromSeconds(10);

    public static SendRules Reading { get; } = new(s_readTimeout, 1, _ => { });

    /// <summary>For a caller with a progress of its own.</summary>
    public static SendRules Quiet { get; } = new(SenderOptions.TimeoutDefault, 1, _ => { });
}
