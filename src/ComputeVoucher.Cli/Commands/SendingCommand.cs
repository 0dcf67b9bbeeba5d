using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Cli;

/// <summary>A command that reads the chain, perhaps sends to it, and prints a report.</summary>
internal static class SendingCommand
{
    public static Command Create(
        string name,
        string description,
        Func<ParseResult, ChainSession, CancellationToken, Task<Report>> run,
        params IReadOnlyList<Option> options) =>
        Create(name, description, sends: true, run, options);

    /// <summary>Without <c>--key</c>.</summary>
    public static Command CreateReading(
        string name,
        string description,
        Func<ParseResult, ChainSession, CancellationToken, Task<Report>> run,
        params IReadOnlyList<Option> options) =>
        Create(name, description, sends: false, run, options);

    private static Command Create(
        string name,
        string description,
        bool sends,
        Func<ParseResult, ChainSession, CancellationToken, Task<Report>> run,
        IReadOnlyList<Option> options)
    {
        Command command = new(name, description)
        {
            CommonOptions.Rpc, CommonOptions.Deployment,
        };
        if (sends)
        {
            command.Add(CommonOptions.Key);
        }

        foreach (Option option in options)
        {
            command.Add(option);
        }

        command.SetAction(async (parsed, cancel) =>
        {
            Task<ChainSession> opening = sends
                ? ChainSession.OpenToSendAsync(parsed, cancel)
                : ChainSession.OpenAsync(parsed, cancel);
            using ChainSession chain = await opening.ConfigureAwait(false);
            Report report = await run(parsed, chain, cancel).ConfigureAwait(false);
            report.Print(parsed.GetValue(CommonOptions.Json));
            return ExitStatus.Done;
        });
        return command;
    }
}
