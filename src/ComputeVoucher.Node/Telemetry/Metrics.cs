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

    /// <summary>Read when the page is asked for: name, help, value.</summary>
    public List<(string Name, string Help, Func<long> Read)> Gauges { get; } = [];

    public long OrdersServed => Interlocked.Read(ref _ordersServed);

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
        Counter(page, "orders_accepted_total", "Orders reserved", ref _ordersAccepted);
        Counter(page, "orders_served_total", "Orders answered", ref _ordersServed);
        Counter(page, "orders_replayed_total", "Orders seen before", ref _ordersReplayed);
        Counter(page, "orders_cancelled_total", "Orders cancelled", ref _ordersCancelled);
        Counter(page, "orders_failed_total", "Orders failed in the node", ref _ordersFailed);
        Counter(page, "units_served_total", "Compute units served", ref _unitsServed);
        Counter(page, "acks_stored_total", "Acknowledgements stored", ref _acksStored);
        Counter(page, "units_acked_total", "Compute units acknowledged", ref _unitsAcked);
        RenderRefused(page);
        RenderLatency(page);
        foreach ((string name, string help, Func<long> read) in Gauges)
        {
            Head(page, name, help, "gauge");
            page.Append(CultureInfo.InvariantCulture, $"computevoucher_{name} {read()}\n");
        }

        return page.ToString();
    }

    private static void Head(StringBuilder page, string name, string help, string type) =>
        page.Append(CultureInfo.InvariantCulture,
            $"# HELP computevoucher_{name} {help}\n# TYPE computevoucher_{name} {type}\n");

    private static void Counter(StringBuilder page, string name, string help, ref long value)
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
}
