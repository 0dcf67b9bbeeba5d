using System;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
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

    /// <param name="prepare">Makes the program ready; fails as a command does.</param>
    /// <param name="args">The command line.</param>
    public static async Task<int> RunAsync(Func<RootCommand> prepare, string[] args)
    {
        AppDomain.CurrentDomain.UnhandledException += OnUnhandled;
        TaskScheduler.UnobservedTaskException += OnUnobserved;
        try
        {
            ParseResult parsed = prepare().Parse(args);
            if (parsed.Errors.Count > 0)
            {
                ParseError first = parsed.Errors[0];
                Print($"{first.Message} (see computevoucher {PathOf(parsed)}--help)");
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
            Print(failure.Message);
            return ExitStatus.WrongUsage;
        }
        catch (Exception failure)
        {
            Print(Describe(failure));
            return ExitStatus.Refused;
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

    /// <summary>Control characters become spaces, so that one failure is one line.</summary>
    public static void Print(string line)
    {
        StringBuilder clean = new("computevoucher: ");
        foreach (char c in line)
        {
            if (clean.Length >= LineCharsMax)
            {
                clean.Append('…');
                break;
            }

            clean.Append(char.IsControl(c) ? ' ' : c);
        }

        Console.Error.WriteLine(clean.ToString());
    }

    private static string PathOf(ParseResult parsed)
    {
        string path = "";
        for (CommandResult? at = parsed.CommandResult; at?.Parent is CommandResult parent;
            at = parent)
        {
            path = at.Command.Name + " " + path;
        }

        return path;
    }

    private static void OnUnhandled(object sender, UnhandledExceptionEventArgs unhandled)
    {
        Print(unhandled.ExceptionObject is Exception failure
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
}
