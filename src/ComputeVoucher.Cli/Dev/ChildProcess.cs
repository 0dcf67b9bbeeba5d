using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Cli;

/// <summary>
/// A program that ends with this one, whatever way that ends; what it says goes to a file.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int Interrupted = 4;
    private const int SignalKill = 9;
    private const int SignalTerminate = 15;

    /// <summary>
    /// $0 is the log, the rest the command. A session of its own, so that Ctrl-C reaches this
    /// program alone, which then ends its children in order; and a signal from the kernel when
    /// this program is killed (prctl(2), PR_SET_PDEATHSIG).
    /// </summary>
    private const string Script =
        "exec setsid setpriv --pdeathsig TERM \"$@\" >\"$0\" 2>&1 </dev/null";

    /// <summary>A node drains within 5 s; who takes twice that hangs.</summary>
    private static readonly TimeSpan s_stopMax = TimeSpan.FromSeconds(10);

    /// <summary>Between two questions whether it is up.</summary>
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);

    /// <summary>Ends a hang: a large model takes its time to load, a dead child is seen at
    /// once.</summary>
    private static readonly TimeSpan s_upMax = TimeSpan.FromMinutes(5);

    private readonly TaskCompletionSource<int> _started = new();
    private readonly TaskCompletionSource<int> _ended =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _name;
    private readonly string _log;

    private ChildProcess(string name, string log) => (_name, _log) = (name, log);

    /// <exception cref="CommandException">There is no shell.</exception>
    public static ChildProcess Start(string name, string log, params string[] command)
    {
        ChildProcess child = new(name, log);
        // The kernel's signal comes at the end of the thread that started the child, not of the
        // process: so this thread starts it and stays until the child has ended.
        new Thread(() => child.Live(command)) { IsBackground = true, Name = name }.Start();
        child._started.Task.GetAwaiter().GetResult();
        return child;
    }

    /// <summary>Asks until it holds.</summary>
    /// <exception cref="CommandException">The child ended, or never came up.</exception>
    public async Task UntilAsync(Func<CancellationToken, Task<bool>> holds,
        CancellationToken cancel)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await holds(cancel).ConfigureAwait(false))
        {
            if (_ended.Task.IsCompleted)
            {
                int status = await _ended.Task.ConfigureAwait(false);
                string words = LastWords(1);
                throw new CommandException($"{_name} ended with status {status}: "
                    + (words.Length > 0 ? words : "it said nothing (is it the right program?)"));
            }

            if (TimeProvider.System.GetElapsedTime(start) > s_upMax)
            {
                throw new CommandException($"{_name} does not answer after "
                    + $"{s_upMax.TotalSeconds} s: {LastWords(1)}");
            }

            await Task.Delay(s_poll, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>SIGTERM, and SIGKILL for one that hangs; the exit status as a shell gives it.
    /// </summary>
    public async Task<int> StopAsync()
    {
        Signal(SignalTerminate);
        try
        {
            return await _ended.Task.WaitAsync(s_stopMax).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Signal(SignalKill);
            return await _ended.Task.ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>The last lines of the log.</summary>
    public string LastWords(int lines)
    {
        string[] all = File.Exists(_log)
            ? File.ReadAllText(_log).TrimEnd().Split('\n')
            : [];
        return string.Join('\n', all[Math.Max(0, all.Length - lines)..]);
    }

    private void Signal(int signal)
    {
        if (!_ended.Task.IsCompleted)
        {
            _ = Libc.Kill(_started.Task.Result, signal);
        }
    }

    private void Live(string[] command)
    {
        int error = Libc.Spawn(out int pid, "/bin/sh", 0, 0,
            ["sh", "-c", Script, _log, .. command, null], Variables());
        if (error != 0)
        {
            _started.SetException(new CommandException(
                $"{_name}: /bin/sh: {Marshal.GetPInvokeErrorMessage(error)}"));
            return;
        }

        _started.SetResult(pid);
        int status;
        while (Libc.WaitPid(pid, out status, 0) < 0
            && Marshal.GetLastPInvokeError() == Interrupted)
        {
            // A signal came in between.
        }

        int signal = status & 0x7F;
        _ended.SetResult(signal == 0 ? (status >> 8) & 0xFF : 128 + signal);
    }

    private static string?[] Variables()
    {
        List<string?> variables = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables.Add($"{variable.Key}={variable.Value}");
        }

        variables.Add(null);
        return [.. variables];
    }
}
