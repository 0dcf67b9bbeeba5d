using System.Collections.Generic;
using ComputeVoucher.Client;

namespace ComputeVoucher.Cli;

/// <summary>What a request says of single orders, on standard error: what an earlier run left, and
/// what a stop has cost.</summary>
/// <param name="isStream">Steps are tokens.</param>
internal sealed class RequestNotes(bool isStream)
{
    /// <param name="outcome">Of one order.</param>
    /// <param name="isStopped">The holder wanted no more of it.</param>
    public void Tell(OrderOutcome outcome, bool isStopped)
    {
        if (Line(outcome, isStopped) is { } line)
        {
            ErrorFunnel.Note(line);
        }
    }

    /// <summary>Null where there is nothing to say.</summary>
    internal string? Line(OrderOutcome outcome, bool isStopped)
    {
        ulong seq = outcome.Order.Order.Seq;
        bool isEarlier = outcome.Index < 0;
        if (outcome.Refusal is { } refusal)
        {
            return isEarlier ? $"order {seq} of an earlier run: {refusal}" : null;
        }

        string price = UnitsText.Of(outcome.Receipt.Units);
        string cost = isStream ? $"{outcome.Receipt.Steps} tokens, {price}" : price;
        return isEarlier ? $"finished order {seq} of an earlier run: {cost}"
            : isStopped ? $"stopped order {seq}: {cost}"
            : null;
    }

    /// <summary>For a run that was left before its orders had their receipts.</summary>
    public static string Left(IReadOnlyList<PendingOrder> open)
    {
        if (open.Count == 0)
        {
            return "interrupted (no order is open)";
        }

        ulong first = open[0].Order.Seq;
        ulong last = open[^1].Order.Seq;
        string orders = open.Count == 1 ? $"order {first}" : $"orders {first} to {last}";
        return $"interrupted: {orders} may still be paid for (the next request on this channel "
            + "asks what became of it)";
    }
}
