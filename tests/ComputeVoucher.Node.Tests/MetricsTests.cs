using System;

namespace ComputeVoucher.Node.Tests;

public sealed class MetricsTests
{
    [Fact]
    public void Render_Counts_EveryLineIsPrometheusText()
    {
        Metrics metrics = new();
        metrics.Gauges.Add(("depth", "How deep", () => 7));
        metrics.Accepted();
        metrics.Served(10, TimeSpan.FromMicroseconds(300));
        metrics.Served(10, TimeSpan.FromSeconds(100));
        metrics.Refused(142);
        metrics.Refused(142);
        string page = metrics.Render();
        Assert.Contains("computevoucher_orders_served_total 2\n", page, StringComparison.Ordinal);
        Assert.Contains("computevoucher_units_served_total 20\n", page, StringComparison.Ordinal);
        Assert.Contains("orders_refused_total{reason=\"142\"} 2\n", page, StringComparison.Ordinal);
        Assert.Contains("order_seconds_bucket{le=\"0.0005\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("order_seconds_bucket{le=\"+Inf\"} 2\n", page, StringComparison.Ordinal);
        Assert.Contains("computevoucher_depth 7\n", page, StringComparison.Ordinal);
        foreach (string line in page.TrimEnd('\n').Split('\n'))
        {
            Assert.Matches(
                "^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\\{[a-z]+=\"[^\"]+\"\\})? [0-9.E+-]+)$", line);
        }
    }
}
