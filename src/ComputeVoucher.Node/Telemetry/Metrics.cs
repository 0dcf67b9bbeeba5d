using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Threading;

namespace ComputeVoucher.Node;

/// <summary>Counters of the node in the text format of Prometheus, version 0.0.4.</summary>
internal sealed class Metrics
{
    /// <summary>Upper bounds of the latency buckets, in microseconds.</summary>
    private static readonly long[] s_bucketsMicros =
        [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 1_000_000, 10_000_000];

    private readonly long[] _latency = new long[s_bucketsMicros.Length + 1];
    private readonly SortedDictionary<ushort, long> _refused = [];
    private readonly Lock _refusedLock = new();
    private long _latencySumMicros;
    private long _ordersAccepted;
    private long _ordersServed;
    private long _ordersReplayed;
    private long _ordersCancelled;
    private long _ordersFailed;
    private long _unitsServed;
    private long _acksStored;
    private long _unitsAcked;
    private long _unitsReplayed;
    private readonly Lock _figuresLock = new();
    private readonly List<Figure> _figures = [];

    public long OrdersServed => Interlocked.Read(ref _ordersServed);

    /// <summary>Adds a value that goes up and down; read when the page is asked for, null leaves
    /// it out.</summary>
    public void Gauge(string name, string help, Func<Int128?> read) =>
        Add(new Figure(name, help, "gauge", null, () => Single(read())));

    /// <summary>As above, for one that only goes up.</summary>
    public void Counter(string name, string help, Func<Int128?> read) =>
        Add(new Figure(name, help, "counter", null, () => Single(read())));

    /// <summary>As above, one row a value of the label.</summary>
    public void Labelled(string name, string help, string label,
        Func<IReadOnlyList<(string Label, long Value)>> read) =>
        Add(new Figure(name, help, "counter", label, () => Rows(read())));

    public void Accepted() => Interlocked.Increment(ref _ordersAccepted);

    public void Replayed() => Interlocked.Increment(ref _ordersReplayed);

    public void Cancelled() => Interlocked.Increment(ref _ordersCancelled);

    public void Failed() => Interlocked.Increment(ref _ordersFailed);

    public void AckStored(ulong units)
    {
        Interlocked.Increment(ref _acksStored);
        Interlocked.Add(ref _unitsAcked, (long)units);
    }

    public void Refused(ushort number)
    {
        lock (_refusedLock)
        {
            _refused[number] = _refused.GetValueOrDefault(number) + 1;
        }
    }

    /// <summary>An order that was answered before, and cost its holder nothing more.</summary>
    public void ServedAgain(ulong units) => Interlocked.Add(ref _unitsReplayed, (long)units);

    /// <summary>From the order's arrival to its receipt being handed to the connection.</summary>
    public void Served(ulong units, TimeSpan latency)
    {
        long micros = (long)latency.TotalMicroseconds;
        int bucket = 0;
        while (bucket < s_bucketsMicros.Length && micros > s_bucketsMicros[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _latency[bucket]);
        Interlocked.Add(ref _latencySumMicros, micros);
        Interlocked.Increment(ref _ordersServed);
        Interlocked.Add(ref _unitsServed, (long)units);
    }

    /// <summary>The whole page.</summary>
    public string Render()
    {
        StringBuilder page = new();
        Total(page, "orders_accepted_total", "Orders reserved", ref _ordersAccepted);
        Total(page, "orders_served_total", "Orders answered for the first time",
            ref _ordersServed);
        Total(page, "orders_replayed_total", "Orders seen before", ref _ordersReplayed);
        Total(page, "orders_cancelled_total", "Orders cancelled", ref _ordersCancelled);
        Total(page, "orders_failed_total", "Orders failed in the node", ref _ordersFailed);
        Total(page, "units_served_total", "Compute units of them", ref _unitsServed);
        Total(page, "units_replayed_total", "Compute units run again for no pay",
            ref _unitsReplayed);
        Total(page, "acks_stored_total", "Acknowledgements stored", ref _acksStored);
        Total(page, "units_acked_total", "Compute units acknowledged", ref _unitsAcked);
        RenderRefused(page);
        RenderLatency(page);
        Figure[] figures;
        lock (_figuresLock)
        {
            figures = [.. _figures];
        }

        foreach (Figure figure in figures)
        {
            RenderFigure(page, figure);
        }

        return page.ToString();
    }

    private void Add(Figure figure)
    {
        lock (_figuresLock)
        {
            _figures.Add(figure);
        }
    }

    private static void RenderFigure(StringBuilder page, Figure figure)
    {
        Head(page, figure.Name, figure.Help, figure.Type);
        foreach ((string value, Int128 amount) in figure.Read())
        {
            string label = figure.Label is null ? "" : $"{{{figure.Label}=\"{Escape(value)}\"}}";
            page.Append(CultureInfo.InvariantCulture,
                $"computevoucher_{figure.Name}{label} {amount}\n");
        }
    }

    private static (string, Int128)[] Single(Int128? value) =>
        value is Int128 amount ? [("", amount)] : [];

    private static List<(string, Int128)> Rows(IReadOnlyList<(string Label, long Value)> rows)
    {
        List<(string, Int128)> all = [];
        foreach ((string label, long value) in rows)
        {
            all.Add((label, value));
        }

        return all;
    }

    /// <summary>The text format's three escapes of a label's value.</summary>
    private static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);

    private static void Head(StringBuilder page, string name, string help, string type) =>
        page.Append(CultureInfo.InvariantCulture,
            $"# HELP computevoucher_{name} {help}\n# TYPE computevoucher_{name} {type}\n");

    private static void Total(StringBuilder page, string name, string help, ref long value)
    {
        Head(page, name, help, "counter");
        page.Append(CultureInfo.InvariantCulture,
            $"computevoucher_{name} {Interlocked.Read(ref value)}\n");
    }

    private void RenderRefused(StringBuilder page)
    {
        Head(page, "orders_refused_total", "Refused, by numbered reason", "counter");
        lock (_refusedLock)
        {
            foreach ((ushort number, long count) in _refused)
            {
                page.Append(CultureInfo.InvariantCulture,
                    $"computevoucher_orders_refused_total{{reason=\"{number}\"}} {count}\n");
            }
        }
    }

    private void RenderLatency(StringBuilder page)
    {
        const string Name = "order_seconds";
        Head(page, Name, "From order to receipt", "histogram");
        long total = 0;
        for (int i = 0; i <= s_bucketsMicros.Length; i++)
        {
            total += Interlocked.Read(ref _latency[i]);
            string bound = i == s_bucketsMicros.Length
                ? "+Inf"
                : (s_bucketsMicros[i] / 1e6).ToString(CultureInfo.InvariantCulture);
            page.Append(CultureInfo.InvariantCulture,
                $"computevoucher_{Name}_bucket{{le=\"{bound}\"}} {total}\n");
        }

        double sum = Interlocked.Read(ref _latencySumMicros) / 1e6;
        page.Append(CultureInfo.InvariantCulture,
            $"computevoucher_{Name}_sum {sum}\ncomputevoucher_{Name}_count {total}\n");
    }

    private sealed record Figure(
        string Name, string Help, string Type, string? Label,
        Func<IReadOnlyList<(string Label, Int128 Value)>> Read);
}
