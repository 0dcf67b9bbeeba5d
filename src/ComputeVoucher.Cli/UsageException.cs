using System;

namespace ComputeVoucher.Cli;

/// <summary>The command line itself is wrong: one line, exit status 2.</summary>
internal sealed class UsageException : Exception
{
    public UsageException(string line)
        : base(line)
    {
    }
}
