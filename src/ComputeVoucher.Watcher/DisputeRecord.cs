using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Watcher;

/// <summary>A dispute of the watcher's own as the chain tells it: what was answered, and asked.
/// </summary>
internal sealed class DisputeRecord
{
    private readonly List<byte[]> _answers = [];

    private DisputeRecord(DisputeEvent opened) => (Id, Matter) = (opened.Id, opened.Matter);

    public ulong Id { get; }

    /// <summary>With the trace root that was stated since.</summary>
    public Matter Matter { get; private set; }

    /// <summary>The TraceRoot that the provider stated in it; null without one.</summary>
    public SignedStatement? Stated { get; private set; }

    /// <summary>Of the operands that were asked for.</summary>
    public byte[] Request { get; private set; } = [];

    /// <summary>What was answered to that.</summary>
    public byte[] Values { get; private set; } = [];

    /// <summary>Which tree it is about, and that tree's root.</summary>
    public (RunTree Tree, Bytes32 Root) Aim => Matter.Purpose == DisputePurpose.Output
        ? (RunTree.Output, Matter.Run.OutputRoot)
        : (RunTree.Trace, Matter.Run.TraceRoot);

    /// <exception cref="WatchException">A move of the provider cannot be read.</exception>
    public static async Task<DisputeRecord> ReadAsync(
        CourtSite site, DisputeEvent opened, ulong toBlock, CancellationToken cancel)
    {
        DisputeRecord record = new(opened);
        foreach (DisputeEvent happened in await site.HistoryAsync(opened, toBlock, cancel)
            .ConfigureAwait(false))
        {
            switch (happened.Kind)
            {
                case DisputeEventKind.RootStated:
                    byte[] call = await site.CalldataAsync(happened, cancel).ConfigureAwait(false);
                    record.Stated = DisputeCalls.Statement(call, opened.Id)
                        ?? throw Unread(happened);
                    record.Matter = record.Matter.WithTraceRoot(happened.TraceRoot);
                    break;
                case DisputeEventKind.OperandsWanted:
                    record.Request = happened.Request;
                    break;
                case DisputeEventKind.Answered:
                    record.Take(
                        await site.CalldataAsync(happened, cancel).ConfigureAwait(false), happened);
                    break;
                default:
                    break;
            }
        }

        return record;
    }

    /// <summary>The opener's side after all answers so far, with the pick that follows the last
    /// one; null where the leaves are open or nothing was answered.</summary>
    /// <param name="own">The watcher's own run.</param>
    /// <param name="pick">Of the last answer.</param>
    public DescentOpener Opener(RecordedRun own, out DescentPick? pick)
    {
        DescentOpener opener = new(own, Aim.Tree, Aim.Root);
        pick = null;
        foreach (byte[] answer in _answers)
        {
            pick = opener.Answered(answer);
        }

        return opener;
    }

    private void Take(byte[] call, DisputeEvent happened)
    {
        if (DisputeCalls.Answer(call, Id) is { } nodes)
        {
            _answers.Add(nodes);
        }
        else if (DisputeCalls.Operands(call, Id) is var (_, values))
        {
            Values = values;
        }
        else if (DisputeCalls.Statement(call, Id) is null)
        {
            // The statement of a root is an answer too, and has no nodes.
            throw Unread(happened);
        }
    }

    private static WatchException Unread(DisputeEvent happened) => new(FormattableString.Invariant(
        $"dispute {happened.Id}: the provider's move in {happened.Log.TransactionHash} is none ")
        + "that this build reads");
}
