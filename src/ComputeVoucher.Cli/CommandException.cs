using System;

namespace ComputeVoucher.Cli;

/// <summary>
/// A refusal of a command: one line that says what, where and the remedy.
/// </summary>
internal sealed class CommandException(string line, Exception? cause = null)
    : Exception(line, cause);

/// <summary>The command line itself is wrong: one line, exit status 2.</summary>
internal sealed class UsageException(string line) : Exception(line);
