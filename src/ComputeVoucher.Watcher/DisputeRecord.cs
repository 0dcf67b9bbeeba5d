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

    private readonly CourtSite _site;
    private readonly DisputeEvent _opened;
    private readonly ulong _toBlock;
    private bool _isRead;

    /// <param name="site">Its court.</param>
    /// <param name="opened">How it began.</param>
    /// <param name="toBlock">As of which block it is looked at.</param>
    public DisputeRecord(CourtSite site, DisputeEvent opened, ulong toBlock) =>
        (_site, _opened, _toBlock, Matter) = (site, opened, toBlock, opened.Matter);

    public ulong Id => _opened.Id;

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

    /// <summary>Reads what was said in it, once.</summary>
    /// <exception cref="WatchException">A move of the provider cannot be read.</exception>
    public async Task ReadAsync(CancellationToken cancel)
    {
        if (_isRead)
        {
            return;
        }

        foreach (DisputeEvent happened in await _site.Disputes
            .HistoryAsync(Id, _opened.Log.BlockNumber, _toBlock, cancel).ConfigureAwait(false))
        {
            switch (happened.Kind)
            {
                case DisputeEventKind.RootStated:
                    Stated = RootIn(await _site.CalldataAsync(happened, cancel)
                        .ConfigureAwait(false)) ?? throw Unread(happened);
                    Matter = Matter.WithTraceRoot(happened.TraceRoot);
                    break;
                case DisputeEventKind.OperandsWanted:
                    Request = happened.Request;
                    break;
                case DisputeEventKind.Answered:
                    Take(
                        await _site.CalldataAsync(happened, cancel).ConfigureAwait(false),
                        happened);
                    break;
                default:
                    break;
            }
        }

        _isRead = true;
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
        if (DisputesContract.TryReadAnswer(call, out ulong id, out byte[] nodes) && id == Id)
        {
            _answers.Add(nodes);
        }
        else if (DisputesContract.TryReadOperands(call, out id, out _, out byte[] values)
            && id == Id)
        {
            Values = values;
        }
        else if (RootIn(call) is null)
        {
            // The statement of a root is an answer too, and has no nodes.
            throw Unread(happened);
        }
    }

    private SignedStatement? RootIn(byte[] call) =>
        DisputesContract.TryReadRoot(call, out ulong id, out SignedStatement? stated) && id == Id
            ? stated
            : null;

    private static WatchException Unread(DisputeEvent happened) => new(FormattableString.Invariant(
        $"dispute {happened.Id}: the provider's move in {happened.Log.TransactionHash} is none ")
        + "that this build reads");
}
