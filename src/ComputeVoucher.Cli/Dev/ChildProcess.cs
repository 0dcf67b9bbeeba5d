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
    private const int SignalKill = 9;
    private const int SignalTerminate = 15;

    /// <summary>A shell's status of a program that a signal ended starts here.</summary>
    private const int SignalBase = 128;

    /// <summary>
    /// $0 is the log, $1 this process, the rest the command. A session of its own, so that Ctrl-C
    /// reaches this program alone, which then ends its children in order; and a signal from the
    /// kernel when this program is killed (prctl(2), PR_SET_PDEATHSIG). One that was killed before
    /// prctl sends none: the command runs only where the parent still is this process.
    /// </summary>
    internal const string Script = "exec setsid setpriv --pdeathsig TERM "
        + "sh -c '[ \"$PPID\" = \"$0\" ] && exec \"$@\"' \"$@\" >\"$0\" 2>&1 </dev/null";

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
    private readonly TaskCompletionSource<CommandException> _lost =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _name;
    private readonly string _log;
    private volatile bool _isStopping;

    private ChildProcess(string name, string log) => (_name, _log) = (name, log);

    /// <summary>The line that says so, once the child has ended and nobody stopped it.</summary>
    public Task<CommandException> Lost => _lost.Task;

    /// <exception cref="CommandException">A tool that starts it is not there.</exception>
    public static ChildProcess Start(string name, string log, params string[] command)
    {
        string? missing = Array.Find(["setsid", "setpriv"], tool => SearchPath.Find(tool) is null);
        if (missing is not null)
        {
            throw new CommandException($"{missing} is not on PATH, and without it {name} would "
                + "outlive this program (apt-get install util-linux)");
        }

        ChildProcess child = new(name, log);
        // The kernel's signal comes at the end of the thread that started the child, not of the
        // process: so this thread starts it and stays until the child has ended.
        new Thread(() => child.Live(command)) { IsBackground = true, Name = name }.Start();
        child._started.Task.GetAwaiter().GetResult();
        return child;
    }

    /// <summary>Asks until it holds, of a child that lives.</summary>
    /// <exception cref="CommandException">The child ended, or never came up.</exception>
    public async Task UntilAsync(Func<CancellationToken, Task<bool>> holds,
        CancellationToken cancel)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            bool isUp = await holds(cancel).ConfigureAwait(false);
            if (_ended.Task.IsCompleted)
            {
                int status = await _ended.Task.ConfigureAwait(false);
                throw new CommandException(LastWords(1).Length > 0
                    ? EndedWith(status)
                    : $"{EndedWith(status)}: it said nothing (is it the right program?)");
            }

            if (isUp)
            {
                return;
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
        _isStopping = true;
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

    /// <summary>True when its log holds the text.</summary>
    public bool HasSaid(string text) =>
        File.Exists(_log) && File.ReadAllText(_log).Contains(text, StringComparison.Ordinal);

    /// <summary>The last lines of the log.</summary>
    public string LastWords(int lines)
    {
        string[] all = File.Exists(_log)
            ? File.ReadAllText(_log).TrimEnd().Split('\n')
            : [];
        return string.Join('\n', all[Math.Max(0, all.Length - lines)..]);
    }

    /// <summary>To all that the child has started; to itself where it leads no group yet.
    /// </summary>
    private void Signal(int signal)
    {
        int pid = _started.Task.Result;
        if (!_ended.Task.IsCompleted && Libc.Kill(-pid, signal) != 0)
        {
            _ = Libc.Kill(pid, signal);
        }
    }

    private void Live(string[] command)
    {
        int error = Libc.Spawn(out int pid, "/bin/sh", 0, 0,
            ["sh", "-c", Script, _log, $"{Environment.ProcessId}", .. command, null], Variables());
        if (error != 0)
        {
            _started.SetException(new CommandException(
                $"{_name}: /bin/sh: {Marshal.GetPInvokeErrorMessage(error)}"));
            return;
        }

        _started.SetResult(pid);
        try
        {
            int status = AwaitEnd(pid);
            _ended.SetResult(status);
            if (!_isStopping)
            {
                _lost.SetResult(new CommandException(EndedWith(status)));
            }
        }
        catch (CommandException failure)
        {
            _ended.SetException(failure);
            _lost.SetResult(failure);
        }
    }

    /// <summary>A killed program had no time for last words.</summary>
    private string EndedWith(int status)
    {
        string words = status > SignalBase ? "" : LastWords(1);
        return $"{_name} ended with status {status}" + (words.Length > 0 ? $": {words}" : "");
    }

    /// <summary>Waits for the child, ends what it started, and takes its status.</summary>
    private int AwaitEnd(int pid)
    {
        while (Libc.WaitEnd(pid) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
            {
                throw Unwaitable();
            }
        }

        // Not waited for yet: until then no other process or group gets its number.
        _ = Libc.Kill(-pid, SignalKill);
        int status;
        while (Libc.WaitPid(pid, out status, 0) != pid)
        {
            if (Marshal.GetLastPInvokeError() != Libc.Interrupted)
            {
                throw Unwaitable();
            }
        }

        int signal = status & 0x7F;
        return signal == 0 ? (status >> 8) & 0xFF : SignalBase + signal;
    }

    private CommandException Unwaitable() => new($"{_name}: waiting for its end failed: "
        + Marshal.GetLastPInvokeErrorMessage() + " (is SIGCHLD ignored?)");

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
