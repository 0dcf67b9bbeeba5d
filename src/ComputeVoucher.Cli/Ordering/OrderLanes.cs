using System;
using System.Collections.Generic;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Client;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>A run of orders: what an earlier one left is finished first, then so many are in flight
/// until all are served and acknowledged.</summary>
internal static class OrderLanes
{
    /// <summary>The window of a channel: the node refuses a sequence beyond it.</summary>
    public const int LanesMax = 1024;

    /// <summary>Receipts after which an ack is sent.</summary>
    public const int AckEveryDefault = 16;

    /// <summary>From signing to the order's deadline.</summary>
    public const int DeadlineSecondsDefault = 600;

    /// <summary>No node takes an order for later than that, and no client signs one.</summary>
    public const int DeadlineSecondsMax = (int)CourtLimits.DeadlineAheadSecondsMax;

    /// <param name="runner">Sends and checks.</param>
    /// <param name="inputs">One after the other, and from the front again.</param>
    /// <param name="count">Orders to send.</param>
    /// <param name="lanes">Orders in flight.</param>
    /// <param name="done">Told of each order, also of those that an earlier run left.</param>
    /// <param name="cancel">Ends the run; what was served stays in the journal.</param>
    public static async Task<RequestFigures> RunAsync(
        OrderRunner runner, InputFile inputs, int count, int lanes, Action<OrderOutcome> done,
        CancellationToken cancel)
    {
        RequestFigures figures = new(count);
        await runner.ResumeAsync(done, cancel).ConfigureAwait(false);
        figures.Begin();
        int next = -1;
        Exception? first = null;
        using CancellationTokenSource failed =
            CancellationTokenSource.CreateLinkedTokenSource(cancel);
        async Task LaneAsync()
        {
            try
            {
                for (int i = Interlocked.Increment(ref next);
                    i < count && !runner.Stop.IsCancellationRequested;
                    i = Interlocked.Increment(ref next))
                {
                    OrderOutcome outcome = await runner
                        .RunAsync(i, inputs[i % inputs.Count], failed.Token).ConfigureAwait(false);
                    done(outcome);
                    figures.Add(outcome);
                }
            }
            catch (Exception failure)
            {
                // What broke one lane breaks all: the others leave their orders in the journal.
                Interlocked.CompareExchange(ref first, failure, null);
                await failed.CancelAsync().ConfigureAwait(false);
            }
        }

        List<Task> running = [];
        for (int lane = 0; lane < Math.Min(lanes, count); lane++)
        {
            running.Add(LaneAsync());
        }

        await Task.WhenAll(running).ConfigureAwait(false);
        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        await runner.AckAsync(force: true, cancel).ConfigureAwait(false);
        figures.End();
        return figures;
    }
}
