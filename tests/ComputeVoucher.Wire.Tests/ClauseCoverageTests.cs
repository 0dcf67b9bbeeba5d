using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using ComputeVoucher.TestKit;
using ComputeVoucher.Wire.Internal;

namespace ComputeVoucher.Wire.Tests;

/// <summary>
/// The specification and its tests name the same clauses; its tables equal the code.
/// </summary>
public sealed partial class ClauseCoverageTests
{
    private static readonly string[] s_lines = File.ReadAllLines(Path.Combine(
        SharedData.RepositoryRoot, "src", "ComputeVoucher.Wire", "README.md"));

    [Fact]
    public void Clauses_EachHasItsTest_AndEachTestItsClause()
    {
        string[] clauses = [.. s_lines
            .Select(line => Clause().Match(line))
            .Where(match => match.Success)
            .Select(match => match.Groups[1].Value)];
        string[] tested = [.. typeof(ClauseCoverageTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttribute<FactAttribute>() is not null)
            .Select(method => TestName().Match(method.Name))
            .Where(match => match.Success)
            .Select(match => match.Groups[1].Value + "." + match.Groups[2].Value)
            .Distinct()];
        Assert.Equal(clauses.Length, clauses.Distinct().Count());
        Assert.Equal([], clauses.Except(tested));
        Assert.Equal([], tested.Except(clauses));
        Assert.True(clauses.Length >= 40, $"only {clauses.Length} clauses were found");
    }

    [Fact]
    public void ReasonTable_EqualsTheEnum()
    {
        Dictionary<string, string> table = Rows("| number | reason |")
            .ToDictionary(row => row[1], row => row[0]);
        foreach (WireReason reason in Enum.GetValues<WireReason>())
        {
            if (reason != WireReason.None)
            {
                string number = ((ushort)reason).ToString(CultureInfo.InvariantCulture);
                Assert.Equal(number, table.GetValueOrDefault(reason.ToString()));
            }
        }

        Assert.Equal(Enum.GetValues<WireReason>().Length - 1, table.Count);
    }

    [Fact]
    public void LimitTable_EqualsTheDefaults()
    {
        var limits = new WireLimits();
        Dictionary<string, string> table = Rows("| limit | default |")
            .ToDictionary(row => row[0], row => row[1]);
        foreach (PropertyInfo property in typeof(WireLimits).GetProperties())
        {
            string value =
                Convert.ToString(property.GetValue(limits), CultureInfo.InvariantCulture)!;
            Assert.Equal(value, table.GetValueOrDefault(property.Name));
        }

        Assert.Equal(typeof(WireLimits).GetProperties().Length, table.Count);
    }

    [Fact]
    public void KindTable_EqualsTheRules()
    {
        string[][] rows = [.. Rows("| kind | number |")];
        Assert.Equal(
            Enum.GetNames<FrameKind>().Order(), rows.Select(row => row[0]).Distinct().Order());
        foreach (string[] row in rows)
        {
            WireRole sender = row[2] == "C" ? WireRole.Client : WireRole.Node;
            byte kind = byte.Parse(row[1], CultureInfo.InvariantCulture);
            Assert.Equal(row[0], ((FrameKind)kind).ToString());
            int flags = int.Parse(row[3].Split(' ')[0], CultureInfo.InvariantCulture);
            uint[] bounds = [.. row[4].Split('–').Select(
                text => uint.Parse(text, CultureInfo.InvariantCulture))];
            bool first = kind <= 2;
            for (int flag = 0; flag < 256; flag++)
            {
                bool passes = Passes(bounds[0], flag, row[5] == "id" ? 1u : 0u);
                Assert.Equal((flag & ~flags) == 0, passes);
            }

            Assert.True(Passes(bounds[1], 0, row[5] == "id" ? 9u : 0u), row[0]);
            Assert.False(Passes(bounds[1] + 1, 0, row[5] == "id" ? 9u : 0u), row[0]);
            Assert.False(
                bounds[0] > 0 && Passes(bounds[0] - 1, 0, row[5] == "id" ? 9u : 0u), row[0]);
            Assert.Equal(row[5] != "id", Passes(bounds[0], 0, 0));
            Assert.Equal(row[5] != "0", Passes(bounds[0], 0, uint.MaxValue));

            bool Passes(uint length, int flag, uint correlation) =>
                FrameRules.CheckHeader(
                    new FrameHeader(length, (FrameKind)kind, (FrameFlags)flag, 0, correlation),
                    sender,
                    first) == WireReason.None;
        }
    }

    private static IEnumerable<string[]> Rows(string head) => s_lines
        .SkipWhile(line => !line.StartsWith(head, StringComparison.Ordinal))
        .Skip(2)
        .TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray());

    [GeneratedRegex(@"^\*\*(\d+\.\d+)\*\* ")]
    private static partial Regex Clause();

    [GeneratedRegex(@"^Clause(\d+)_(\d+)_")]
    private static partial Regex TestName();
}
