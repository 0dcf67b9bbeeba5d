using System;
using System.IO;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>A fact that needs anvil, and where it says so the compiled contracts.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AnvilFactAttribute : FactAttribute
{
    public AnvilFactAttribute()
    {
        Skip = AnvilNeeds.Missing(NeedsContracts);
    }

    public bool NeedsContracts
    {
        get;
        set
        {
            field = value;
            Skip = AnvilNeeds.Missing(value);
        }
    }
}

/// <summary>A theory that needs anvil.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AnvilTheoryAttribute : TheoryAttribute
{
    public AnvilTheoryAttribute()
    {
        Skip = AnvilNeeds.Missing(false);
    }
}

/// <summary>What is not there, by name.</summary>
internal static class AnvilNeeds
{
    public static string? Missing(bool contracts) =>
        AnvilProcess.Binary is null ? "anvil is absent: npm ci in src/contracts"
        : contracts && !File.Exists(Path.Combine(CompiledContract.OutFolder, "Vouchers.json"))
            ? "src/contracts/out is absent: node src/contracts/build.mjs"
            : null;
}
