using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Storage;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// Prompts, orders and signed acks are for the owner alone, whatever the mode of the directory: new
/// files are made so, and those of older programs, which the umask made, become so.
/// </summary>
internal static class PrivateFiles
{
    /// <summary>Every file of a ledger: rows, logs, mark, lock, reserve, backups.</summary>
    private const string Pattern = "ledger.*";

    /// <returns>A line for the operator when there was something to take away, else null.</returns>
    /// <exception cref="IOException">A file is another user's.</exception>
    public static string? Narrow(string directory)
    {
        List<string> wide = [];
        foreach (string path in Directory.EnumerateFiles(directory, Pattern))
        {
            if (Posix.Narrow(path))
            {
                wide.Add(Path.GetFileName(path));
            }
        }

        wide.Sort(System.StringComparer.Ordinal);
        return wide.Count == 0
            ? null
            : $"{directory}: others could read {string.Join(", ", wide)}; now only the owner can "
                + "(mode 600)";
    }
}
