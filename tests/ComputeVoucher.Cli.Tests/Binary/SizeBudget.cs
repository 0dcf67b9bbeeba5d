using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What the published binary may weigh: the lines of a file, one for each reason.
/// </summary>
internal sealed partial class SizeBudget
{
    /// <summary>Below the root of the repository.</summary>
    private const string FilePath = "tests/ComputeVoucher.Cli.Tests/Binary/binary.budget";

    private const long MegabyteBytes = 1_000_000;

    private readonly List<(string Reason, decimal Megabytes)> _lines = [];

    public long BytesMax => (long)(_lines.Sum(line => line.Megabytes) * MegabyteBytes);

    public static SizeBudget Load() => Parse(
        File.ReadAllLines(Path.Combine(SharedData.RepositoryRoot, FilePath)));

    /// <summary>"reason: 1.5 MB"; empty lines and those that begin with # say nothing.</summary>
    /// <exception cref="FormatException">Any other line, or none at all.</exception>
    public static SizeBudget Parse(IReadOnlyList<string> lines)
    {
        SizeBudget budget = new();
        foreach (string line in lines.Where(one => one.Length > 0 && one[0] != '#'))
        {
            Match match = Allowance().Match(line);
            if (!match.Success)
            {
                throw new FormatException($"{FilePath}: \"{line}\"; \"reason: 1.5 MB\" is wanted");
            }

            budget._lines.Add((match.Groups[1].Value,
                decimal.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)));
        }

        return budget._lines.Count > 0
            ? budget
            : throw new FormatException($"{FilePath}: no allowance in it");
    }

    /// <summary>One line with the figures, and where they stand.</summary>
    public string Describe(long bytes) => string.Create(CultureInfo.InvariantCulture,
        $"the binary has {bytes:N0} bytes, {FilePath} allows {BytesMax:N0}: ")
        + string.Join(" + ", _lines.Select(line => string.Create(
            CultureInfo.InvariantCulture, $"{line.Megabytes} MB {line.Reason}")));

    [GeneratedRegex(@"^(\S.*): (\d+(?:\.\d+)?) MB$")]
    private static partial Regex Allowance();
}
