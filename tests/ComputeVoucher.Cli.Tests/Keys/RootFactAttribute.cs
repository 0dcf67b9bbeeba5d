using System;

namespace ComputeVoucher.Cli.Tests;

/// <summary>A fact about files of other users; skipped by name where none can be made.</summary>
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute() => Skip = Environment.IsPrivilegedProcess
        ? null
        : "only root gives files to other users";
}
