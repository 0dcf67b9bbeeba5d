using System;

namespace ComputeVoucher.Cli;

/// <summary>
/// A refusal of a command: one line that says what, where and the remedy.
/// </summary>
internal sealed class CommandException : Exception
{
    public CommandException(string line)
        : base(line)
    {
    }

    public CommandException(string line, Exception cause)
        : base(line, cause)
    {
    }
}
