using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Cli;

/// <summary>A command that prints what it did as a report.</summary>
internal static class ReportCommand
{
    public static Command Create(
        string name, string meaning, Func<ParseResult, Report> run,
        params IEnumerable<Symbol> symbols)
    {
        Command command = Of(name, meaning, symbols);
        command.SetAction(parsed => Print(parsed, run(parsed)));
        return command;
    }

    public static Command Create(
        string name, string meaning, Func<ParseResult, CancellationToken, Task<Report>> run,
        params IEnumerable<Symbol> symbols)
    {
        Command command = Of(name, meaning, symbols);
        command.SetAction(async (parsed, cancel) =>
            Print(parsed, await run(parsed, cancel).ConfigureAwait(false)));
        return command;
    }

    /// <summary>Reads the chain, and sends to it with <c>--key</c>.</summary>
    public static Command CreateSending(
        string name, string meaning,
        Func<ParseResult, ChainSession, CancellationToken, Task<Report>> run,
        params IEnumerable<Symbol> symbols) =>
        Create(name, meaning, OnChain(ChainSession.OpenToSendAsync, run),
            [CommonOptions.Rpc, CommonOptions.Deployment, CommonOptions.Key, .. symbols]);

    /// <summary>Reads the chain alone.</summary>
    public static Command CreateReading(
        string name, string meaning,
        Func<ParseResult, ChainSession, CancellationToken, Task<Report>> run,
        params IEnumerable<Symbol> symbols) =>
        Create(name, meaning, OnChain(ChainSession.OpenAsync, run),
            [CommonOptions.Rpc, CommonOptions.Deployment, .. symbols]);

    private static Func<ParseResult, CancellationToken, Task<Report>> OnChain(
        Func<ParseResult, CancellationToken, Task<ChainSession>> open,
        Func<ParseResult, ChainSession, CancellationToken, Task<Report>> run) =>
        async (parsed, cancel) =>
        {
            using ChainSession chain = await open(parsed, cancel).ConfigureAwait(false);
            return await run(parsed, chain, cancel).ConfigureAwait(false);
        };

    private static Command Of(string name, string meaning, IEnumerable<Symbol> symbols)
    {
        Command command = new(name, meaning);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        return command;
    }

    private static int Print(ParseResult parsed, Report report)
    {
        report.Print(parsed.GetValue(CommonOptions.Json));
        return ExitStatus.Done;
    }
}
