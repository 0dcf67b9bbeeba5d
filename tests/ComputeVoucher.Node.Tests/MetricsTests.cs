using System;
using System.Collections.Generic;
using System.Text.RegularExpressions;

namespace ComputeVoucher.Node.Tests;

public sealed partial class MetricsTests
{
    [Fact]
    public void Render_Counts_EveryFigureIsThere()
    {
        string page = Page();
        Assert.Contains("computevoucher_orders_served_total 2\n", page, StringComparison.Ordinal);
        Assert.Contains("computevoucher_units_served_total 20\n", page, StringComparison.Ordinal);
        Assert.Contains("computevoucher_units_replayed_total 7\n", page, StringComparison.Ordinal);
        Assert.Contains("orders_refused_total{reason=\"142\"} 2\n", page, StringComparison.Ordinal);
        Assert.Contains("order_seconds_bucket{le=\"0.0005\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("order_seconds_bucket{le=\"+Inf\"} 2\n", page, StringComparison.Ordinal);
        Assert.Contains(
            "computevoucher_wei 9999999912356536878949\n", page, StringComparison.Ordinal);
        Assert.Contains("asked_total{endpoint=\"a\\\"b\"} 3\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("\ncomputevoucher_unknown ", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_IsWhatPromtoolTakes() => Assert.Empty(Faults(Page()));

    [Theory]
    [InlineData("# HELP a_total x\n# TYPE a_total gauge\na_total 1\n")]
    [InlineData("# HELP a x\n# TYPE a counter\na 1\n")]
    [InlineData("# TYPE a gauge\na 1\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na 1\na 2\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\nb 1\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na one\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\n# HELP a x\n# TYPE a gauge\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na{b=\"c\"d\"} 1\n")]
    [InlineData("# HELP a_milliseconds x\n# TYPE a_milliseconds gauge\n")]
    [InlineData("# HELP a x\n# TYPE a gauge\na 1")]
    public void AFault_IsFound(string page) => Assert.NotEmpty(Faults(page));

    private static string Page()
    {
        Metrics metrics = new();
        metrics.Gauge("depth", "How deep", () => 7);
        metrics.Gauge("unknown", "Not seen yet", () => null);
        metrics.Gauge("wei", "More than 64 bits", () => Int128.Parse("9999999912356536878949"));
        metrics.Counter("flushes_total", "Flushes", () => 3);
        metrics.Labelled("asked_total", "Questions", "endpoint", () => [("a\"b", 3), ("c", 4)]);
        metrics.Accepted();
        metrics.Served(10, TimeSpan.FromMicroseconds(300));
        metrics.Served(10, TimeSpan.FromSeconds(100));
        metrics.ServedAgain(7);
        metrics.Refused(142);
        metrics.Refused(142);
        return metrics.Render();
    }

    /// <summary>The rules of the text format, and those that promtool's check of metrics adds:
    /// every family has its help and type, once and before its samples; counters and nothing else
    /// end in _total; base units; no sample twice.</summary>
    private static List<string> Faults(string page)
    {
        List<string> faults = [];
        HashSet<string> families = [];
        HashSet<string> samples = [];
        string name = "";
        string helped = "";
        string type = "";
        if (!page.EndsWith('\n'))
        {
            faults.Add("no newline at the end");
        }

        foreach (string line in page.TrimEnd('\n').Split('\n'))
        {
            Match head = Head().Match(line);
            Match sample = Sample().Match(line);
            if (head.Groups[1].Value == "HELP")
            {
                helped = head.Groups[2].Value;
            }
            else if (head.Groups[1].Value == "TYPE")
            {
                (name, type) = (head.Groups[2].Value, head.Groups[3].Value);
                bool isTotal = name.EndsWith("_total", StringComparison.Ordinal);
                bool isKnown = type is "gauge" or "counter" or "histogram";
                if (helped != name || !families.Add(name) || !isKnown
                    || isTotal != (type == "counter") || OtherUnit().IsMatch(name))
                {
                    faults.Add(line);
                }
            }
            else if (!sample.Success || !samples.Add(line[..line.LastIndexOf(' ')])
                || !(sample.Groups[1].Value == name || (type == "histogram"
                    && Part().Replace(sample.Groups[1].Value, "") == name)))
            {
                faults.Add(line);
            }
        }

        return faults;
    }

    [GeneratedRegex(@"^# (HELP|TYPE) ([a-z_]+) (.+)$")]
    private static partial Regex Head();

    [GeneratedRegex(
        @"^([a-z_]+)(?:\{[a-z]+=""(?:[^""\\\n]|\\[\\""n])*""\})? -?[0-9.]+(?:E[+-]\d+)?$")]
    private static partial Regex Sample();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Part();

    [GeneratedRegex("_(milliseconds|minutes|hours|days|kilobytes|percent)(_|$)")]
    private static partial Regex OtherUnit();
}
