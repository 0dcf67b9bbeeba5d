using System;
using System.Collections.Generic;
using System.IO;

namespace ComputeVoucher.Bench;

/// <summary>Everything that is measured.</summary>
public static class Works
{
    /// <summary>The repository: the shipped models lie there.</summary>
    internal static string Root { get; } = FindRoot();

    public static IReadOnlyList<Work> All { get; } =
    [
        .. CryptographyWorks.All(),
        .. ProtocolWorks.All(),
        .. QueryWorks.All(),
        .. LedgerWorks.All(),
        .. TraceWorks.All(),
        .. GraphWorks.All(Path.Combine(Root, "models", "glyphs", "glyphs.tflite")),
        .. LanguageWorks.All(Path.Combine(Root, "models", "tales", "tales.gguf")),
    ];

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "ComputeVoucher.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new FileNotFoundException(
            "ComputeVoucher.sln is in no folder above this program; run it inside the repository");
    }
}
