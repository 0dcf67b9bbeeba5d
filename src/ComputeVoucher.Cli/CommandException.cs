using System;

namespace ComputeVoucher.Cli;

/// <summary>
/// A refusal of a command: one line that says what, where and the remedy.
/// </summary>
/// <param name="line">The line.</param>
/// <param name="cause">What led to it.</param>
/// <param name="status">What the shell sees.</param>
internal sealed class CommandException(
    string line, Exception? cause = null, int status = ExitStatus.Refused)
    : Exception(line, cause)
{
    public int Status { get; } = status;

    /// <summary>The number of a node's refusal; 0 for everything else.</summary>
    public int Reason { get; init; }
}

/// <summary>The command line itself is wrong: one line, exit status 2.</summary>
internal sealed class UsageException(string line) : Exception(line);
