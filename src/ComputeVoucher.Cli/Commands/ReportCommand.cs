using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;

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
            [CommonOptions.Rpc, CommonOptions.Deployment, CommonOptions.Key, .. symbols,
            SendOptions.Timeout, SendOptions.Confirmations]);

    /// <summary>The same before there is a deployment.</summary>
    public static Command CreateDeploying(
        string name, string meaning,
        Func<ParseResult, ChainSession, CancellationToken, Task<Report>> run,
        params IEnumerable<Symbol> symbols) =>
        Create(name, meaning, OnChain(ChainSession.OpenToDeployAsync, run),
            [CommonOptions.Rpc, CommonOptions.Key, .. symbols, SendOptions.Timeout,
            SendOptions.Confirmations]);

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
            using Interruption interruption = new(cancel);
            ChainSession? chain = null;
            try
            {
                chain = await open(parsed, interruption.Token).ConfigureAwait(false);
                return await run(parsed, chain, interruption.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException stopped) when (interruption.Status > 0)
            {
                throw new CommandException("interrupted, and nothing is on its way"
                    + Done(chain), stopped, interruption.Status);
            }
            catch (OutcomeUnknownException unknown)
            {
                throw new CommandException($"{unknown.Message}{Done(chain)} (ask with: "
                    + $"computevoucher tx {unknown.Hash})", unknown, ExitStatus.SentUnknown);
            }
            catch (ChainException failure) when (chain?.Done.Count > 0)
            {
                // What was wanted may be done, and only its figures be missing.
                int status = failure.Fault is ChainFault.Reverted or ChainFault.Rejected
                    ? ExitStatus.Refused
                    : ExitStatus.SentUnknown;
                throw new CommandException(failure.Message + Done(chain), failure, status);
            }
            finally
            {
                chain?.Dispose();
            }
        };

    private static string Done(ChainSession? chain) => chain is null || chain.Done.Count == 0
        ? ""
        : $"; already done: {string.Join(", ", chain.Done)}";

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
