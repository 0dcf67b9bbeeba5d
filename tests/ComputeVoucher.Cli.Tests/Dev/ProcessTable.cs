using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What /proc says of other processes.</summary>
internal static class ProcessTable
{
    public static List<int> ChildrenOf(int parent) =>
        [.. All().Where(id =>
            Fields(id) is { Length: > 1 } fields && int.Parse(fields[1]) == parent)];

    /// <summary>Living ones that have the text in their variables, as a child inherits
    /// them.</summary>
    public static List<int> WithVariable(string text) =>
        [.. All().Where(id => Lives(id)
            && Read(id, "environ").Contains(text, StringComparison.Ordinal))];

    /// <summary>Program and arguments, each ended by a zero.</summary>
    public static string CommandOf(int process) => Read(process, "cmdline");

    /// <summary>A zombie that nobody has waited for does not live.</summary>
    public static bool Lives(int process) => Fields(process) is [not ("Z" or "X"), ..];

    private static IEnumerable<int> All() => Directory.GetDirectories("/proc")
        .Select(Path.GetFileName)
        .Where(name => int.TryParse(name, out _))
        .Select(name => int.Parse(name!));

    /// <summary>State, parent and so on of /proc/PID/stat, behind the name in parentheses; none
    /// without a process.</summary>
    private static string[] Fields(int process)
    {
        string stat = Read(process, "stat");
        return stat.Length == 0 ? [] : stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static string Read(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
