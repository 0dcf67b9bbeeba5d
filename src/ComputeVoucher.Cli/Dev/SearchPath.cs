using System;
using System.IO;

namespace ComputeVoucher.Cli;

/// <summary>The folders of PATH.</summary>
internal static class SearchPath
{
    /// <summary>The first file of that name; null where there is none.</summary>
    public static string? Find(string name)
    {
        string folders = Environment.GetEnvironmentVariable("PATH") ?? "";
        foreach (string folder in folders.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string file = Path.Combine(folder, name);
            if (File.Exists(file))
            {
                return file;
            }
        }

        return null;
    }
}
