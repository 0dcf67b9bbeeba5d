using System;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Client;
using ComputeVoucher.Node;

namespace ComputeVoucher.Cli;

/// <summary>
/// Every failure of the program ends here: one line on standard error that says what, where and the
/// remedy, and the exit status. A stack trace never reaches the operator.
/// </summary>
internal static class ErrorFunnel
{
    /// <summary>
    /// Longest line printed; a message quotes bytes from outside, which have no bound.
    /// </summary>
    private const int LineCharsMax = 600;

    private static bool s_isJson;

    /// <param name="prepare">Makes the program ready; fails as a command does.</param>
    /// <param name="args">The command line.</param>
    public static async Task<int> RunAsync(Func<RootCommand> prepare, string[] args)
    {
        s_isJson = Array.IndexOf(args, CommonOptions.Json.Name) >= 0;
        AppDomain.CurrentDomain.UnhandledException += OnUnhandled;
        TaskScheduler.UnobservedTaskException += OnUnobserved;
        try
        {
            ParseResult parsed = CommandTree.Parse(prepare(), args);
            if (WrongUsageOf(parsed) is { } wrong)
            {
                PrintError(ReasonOf(ExitStatus.WrongUsage), wrong);
                return ExitStatus.WrongUsage;
            }

            InvocationConfiguration configuration = new()
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (UsageException failure)
        {
            PrintError(ReasonOf(ExitStatus.WrongUsage), failure.Message);
            return ExitStatus.WrongUsage;
        }
        catch (CommandException refused) when (refused.Reason > 0)
        {
            PrintError(refused.Reason, refused.Message);
            return refused.Status;
        }
        catch (Exception failure)
        {
            int status = (failure as CommandException)?.Status ?? ExitStatus.Refused;
            PrintError(ReasonOf(status), Describe(failure));
            return status;
        }
    }

    /// <summary>The one line for an exception, whoever threw it.</summary>
    public static string Describe(Exception failure) => failure switch
    {
        CommandException or UsageException or ClientException => failure.Message,
        AggregateException { InnerExceptions.Count: 1 } one => Describe(one.InnerExceptions[0]),
        OperationCanceledException => "interrupted",
        _ => Failure.Describe(failure),
    };

    /// <summary>Control and format characters become spaces, so that one failure is one line.
    /// </summary>
    public static void Print(string line) => Note("computevoucher: " + line);

    /// <summary>A line on standard error that is no failure; harmless whoever's words are in it.
    /// </summary>
    public static void Note(string line) =>
        Console.Error.WriteLine(SafeText.OneLine(SecretUrls.Hide(line), LineCharsMax));

    /// <summary>The failure that ends the program: a line, or with <c>--json</c> an object.
    /// </summary>
    /// <param name="reason">A word, or the number of a node's refusal.</param>
    /// <param name="line">What, where and, at the end in brackets, the remedy.</param>
    private static void PrintError(object reason, string line)
    {
        if (!s_isJson)
        {
            Print(line);
            return;
        }

        string clean = SafeText.OneLine(SecretUrls.Hide(line), LineCharsMax);
        int remedy = clean.EndsWith(')') ? RemedyAt(clean) : -1;
        Report error = reason is int number
            ? new Report().Add("reason", number)
            : new Report().Add("reason", (string)reason);
        error.Add("message", remedy < 0 ? clean : clean[..remedy].TrimEnd())
            .Add("remedy", remedy < 0 ? null : clean[(remedy + 1)..^1]);
        Console.Error.WriteLine(new Report().Add("error", error).ToJson());
    }

    private static string ReasonOf(int status) => status switch
    {
        ExitStatus.WrongUsage => "usage",
        ExitStatus.SentUnknown => "outcomeUnknown",
        > 128 => "interrupted",
        _ => "failed",
    };

    /// <summary>Where the bracket opens that the last character closes.</summary>
    private static int RemedyAt(string line)
    {
        int depth = 0;
        for (int i = line.Length - 1; i >= 0; i--)
        {
            depth += line[i] == ')' ? 1 : line[i] == '(' ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>What is wrong with the command line; null when nothing is.</summary>
    private static string? WrongUsageOf(ParseResult parsed) => UnknownWord.Describe(parsed)
        ?? (parsed.Errors.Count == 0
            ? null
            : $"{parsed.Errors[0].Message} (see computevoucher "
                + $"{UnknownWord.PathOf(parsed.CommandResult)}--help)");

    private static void OnUnhandled(object sender, UnhandledExceptionEventArgs unhandled)
    {
        PrintError(ReasonOf(ExitStatus.Refused), unhandled.ExceptionObject is Exception failure
            ? Describe(failure)
            : "unexpected failure of unknown kind");
        // The runtime would print a stack trace and abort with status 134.
        Libc.ExitNow(ExitStatus.Refused);
    }

    private static void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs unobserved)
    {
        Print(Describe(unobserved.Exception));
        unobserved.SetObserved();
    }
}

/// <summary>What the shell sees.</summary>
internal static class ExitStatus
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int WrongUsage = 2;

    /// <summary>Something was sent, and the command did not learn all that came of it: whoever
    /// repeats it without a look may pay twice.</summary>
    public const int SentUnknown = 3;

    /// <summary>Standard output was closed in the middle of a text: as a shell says SIGPIPE.
    /// </summary>
    public const int NobodyReads = 128 + 13;
}
