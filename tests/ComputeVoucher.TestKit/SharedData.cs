using System;
using System.IO;
using Xunit;

namespace ComputeVoucher.TestKit;

/// <summary>Real models and vectors beside the repository, at ../shared/data; read in
/// place.</summary>
public static class SharedData
{
    /// <summary>The repository root: the folder that holds ComputeVoucher.sln.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The shared data folder, present or not.</summary>
    public static string Folder { get; } =
        Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared", "data"));

    /// <summary>Absolute path of a file or folder below the shared data.</summary>
    public static string PathOf(params string[] parts) =>
        Path.Combine([Folder, .. parts]);

    public static bool Exists(string relative) => Path.Exists(Path.Combine(Folder, relative));

    private static string FindRoot()
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "ComputeVoucher.sln")))
            {
                return d.FullName;
            }
        }

        throw new InvalidOperationException(
            "no ComputeVoucher.sln above " + AppContext.BaseDirectory);
    }
}

/// <summary>A fact that needs a path below the shared data; skipped by name where it is
/// absent.</summary>
public sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute(string needs)
    {
        Needs = needs;
        Skip = SharedData.Exists(needs) ? null : $"../shared/data/{needs} is absent";
    }

    public string Needs { get; }
}

/// <summary>A theory that needs a path below the shared data; skipped by name where it is
/// absent.</summary>
public sealed class SharedDataTheoryAttribute : TheoryAttribute
{
    public SharedDataTheoryAttribute(string needs)
    {
        Needs = needs;
        Skip = SharedData.Exists(needs) ? null : $"../shared/data/{needs} is absent";
    }

    public string Needs { get; }
}
