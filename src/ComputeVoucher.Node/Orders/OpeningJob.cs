using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>Runs an order again and opens what was asked of it.</summary>
internal sealed class OpeningJob : Job
{
    /// <summary>Bytes of tensors kept: every graph that ships. Of larger runs the hashes stay, and
    /// a tensor that is opened is run for once more.</summary>
    private const long KeepBytesMax = 64L << 20;

    private readonly Serving _serving;
    private readonly Openings _openings;
    private readonly StoredOrder _order;

    [SetsRequiredMembers]
    public OpeningJob(Serving serving, Openings openings, OpeningAsk first)
    {
        (_serving, _openings, _order) = (serving, openings, first.Order);
        (Model, Channel) = (first.Model, _order.Order.Channel);
        Share = Job.ShareOf(
            _order.Receipt!.Receipt.Units, serving.LockedOf(Channel));
    }

    public override bool IsBehind => true;

    public override void Run(IModelSession session)
    {
        List<OpeningAsk> asks = _openings.Take(_order.Hash);
        asks.RemoveAll(ask =>
        {
            bool isGone = !ask.Request.Connection.IsOpen;
            if (isGone)
            {
                ask.Refuse(RefusalReason.Overloaded);
            }

            return isGone;
        });
        try
        {
            if (asks.Count > 0)
            {
                Answer(asks);
            }
        }
        catch (Exception failure)
        {
            _serving.Log.OrderFailed(_order.Hash, Failure.Describe(failure));
            asks.ForEach(ask => ask.Refuse(Failure.ReasonOf(failure)));
        }

        _openings.Next();
    }

    public override void Fail(Exception failure)
    {
        _openings.Take(_order.Hash).ForEach(ask => ask.Refuse(Failure.ReasonOf(failure)));
        _openings.Next();
    }

    private void Answer(List<OpeningAsk> asks)
    {
        Receipt receipt = _order.Receipt!.Receipt;
        if (Record(receipt) is not { } run)
        {
            asks.ForEach(ask => ask.Refuse(RefusalReason.OrderUnknown));
            return;
        }

        TraceRootStatement statement = new(_order.Hash, receipt.Steps, run.Trace.Root);
        byte[] root = SignedPayload.Encode(
            statement, _serving.NodeKey.Sign(statement.Digest(_serving.Separator)));
        foreach (OpeningAsk ask in asks)
        {
            if (PositionOf(run.Layout, ask.Place) is { } position)
            {
                ask.Request.Reply([.. root, .. DescentAnswers.Data(run, position)]);
                ask.Request.Dispose();
            }
            else
            {
                ask.Refuse(RefusalReason.OpeningUnknown);
            }
        }
    }

    /// <summary>Null where the input is not kept any more.</summary>
    private RecordedRun? Record(in Receipt receipt)
    {
        if (_openings.KeptOrder == _order.Hash)
        {
            return _openings.Kept;
        }

        byte[] input = _serving.Ledger.Input(_order.Hash);
        if (input.Length == 0)
        {
            return null;
        }

        RecordedRun run = RecordedRun.Of(Model, input, receipt.Steps, 1, KeepBytesMax);
        if (run.Output.Root != receipt.OutputRoot)
        {
            run.Dispose();
            // Whoever signs two stories about one order loses the stake.
            throw new InvalidOperationException("another result than the receipt's; check memory");
        }

        _openings.Kept?.Dispose();
        (_openings.Kept, _openings.KeptOrder) = (run, _order.Hash);
        return run;
    }

    /// <summary>Null where the run has no such node, or nothing below it.</summary>
    private static DescentPosition? PositionOf(RunLayout layout, in OpeningPlace place)
    {
        RunTree tree = (RunTree)place.Tree;
        if (tree > RunTree.Output)
        {
            return null;
        }

        int count = layout.Count(tree);
        bool isList = place.Tensor == OpeningPlace.OfTheList;
        if (!isList && place.Tensor >= count)
        {
            return null;
        }

        int index = isList ? 0 : (int)place.Tensor;
        long size = isList ? count : layout.Bytes(tree, index);
        DescentPosition at = new(tree, default,
            isList ? DescentWraps.None : DescentWraps.Inside, place.Level, index,
            (int)Math.Min(place.Place, int.MaxValue), size);
        return place.Level >= (isList ? 1 : 0) && at.IsInTree ? at : null;
    }
}
