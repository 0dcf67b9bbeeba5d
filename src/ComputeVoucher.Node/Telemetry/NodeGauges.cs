using System;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>The figures of the node's own parts.</summary>
internal static class NodeGauges
{
    public static void Add(Metrics metrics, Serving serving, Pipeline pipeline,
        ChainService chain, WireServer server, Readiness readiness)
    {
        LedgerStore ledger = serving.Ledger;
        metrics.Gauge("orders_in_flight", "Between reservation and receipt",
            () => pipeline.InFlight);
        metrics.Gauge("orders_waiting", "For a worker",
            () => serving.Graphs.Count + serving.Streams.Count);
        metrics.Gauge("openings_waiting", "Questions about traces that wait for their run",
            () => pipeline.OpeningsWaiting);
        metrics.Gauge("connections", "Open connections", () => server.Figures.Connections);
        metrics.Gauge("held_bytes", "Bytes held for clients", () => server.Figures.HeldBytes);
        metrics.Gauge("held_bytes_strangers", "Of these, for who has shown no payer",
            () => server.Figures.HeldBytesOfStrangers);
        metrics.Gauge("unsent_bytes", "Of these, answers that wait for their reader",
            () => server.Figures.UnsentBytes);
        metrics.Counter("connections_evicted_total", "Cut off to make room for newer ones",
            () => server.Figures.ConnectionsEvictedTotal);
        metrics.Gauge("heap_bytes", "Of the managed heap", () => GC.GetTotalMemory(false));
        metrics.Gauge("heap_bytes_max", "Where it ends",
            () => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        metrics.Counter("ledger_commits_total", "Flushes", () => ledger.Figures.Commits);
        metrics.Counter("ledger_acks_total", "Acks on the disk", () => ledger.Figures.Acks);
        metrics.Gauge("ledger_status", "0 ready, 1 full, 2 failed, 3 closed",
            () => (long)ledger.Status);
        metrics.Gauge("input_bytes", "Of the inputs that are kept",
            () => ledger.Figures.InputBytes);
        metrics.Gauge("input_bytes_max", "Beyond them orders are refused",
            () => serving.Policy.NodeInputBytesMax);
        metrics.Gauge("input_bytes_a_day", "What the last day brought, looked at every 10 minutes",
            () => ledger.Standing?.InputBytesADay);
        metrics.Gauge("input_bytes_of_one_key", "Of the spend key that has most, at that look",
            () => ledger.Standing?.KeyInputBytes);
        metrics.Gauge("input_bytes_of_one_key_max", "Beyond them that key is refused",
            () => serving.Policy.KeyInputBytesMax);
        metrics.Gauge("cases_open", "Disputes and demands that are open against this node",
            () => serving.Courts?.Figures.Open);
        metrics.Gauge("answer_seconds_left", "Until the first answer is due to a court",
            () => serving.Courts?.Figures.SecondsLeft);
        metrics.Gauge("claims_pending", "Orders whose claim is due",
            () => serving.Courts?.Figures.ClaimsPending);
        metrics.Gauge("dispute_units", "To run again if every channel disputed at once",
            () => (Int128)ledger.DisputeUnits);
        metrics.Gauge("dispute_units_max", "That can be run again in the time a court gives",
            () => serving.Pace.Bounds is { } bounds ? (Int128)bounds.AllUnits : null);
        metrics.Gauge("channels", "Channels of this node", () => ledger.Channels().Count);
        metrics.Gauge("outbox_open", "Transactions that are not final",
            () => chain.Outbox.Open.Count);
        metrics.Gauge("escrow_matured", "Token base units that may be released",
            () => Signed(chain.Releaser?.Figures.Matured));
        metrics.Gauge("escrow_waiting", "Token base units in escrow that have not matured",
            () => Signed(chain.Releaser?.Figures.Waiting));
        metrics.Gauge("escrow_next_at", "Unix seconds at which the first of that matures",
            () => chain.Releaser?.Figures.NextAt);
        metrics.Counter("escrow_releases_total", "Releases put in the outbox",
            () => chain.Releaser?.Released);
        metrics.Gauge("rpc_endpoints_alive", "Endpoints that answered last",
            () => chain.Health.EndpointsAlive);
        metrics.Gauge("clock_behind_seconds", "Of the clock, against the newest block",
            () => readiness.ClockBehindSeconds);
        metrics.Gauge("ready", "1 while orders are accepted",
            () => readiness.Problem() is null ? 1 : 0);
    }

    private static Int128? Signed(UInt128? amount) => amount is { } some
        ? (Int128)UInt128.Min(some, (UInt128)Int128.MaxValue)
        : null;
}
