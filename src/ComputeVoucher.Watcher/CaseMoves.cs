using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Watcher;

/// <summary>
/// The watcher's moves in one case. Which comes next follows from the chain alone, so that a move
/// that was sent before a crash is seen, and one that was not is made.
/// </summary>
internal sealed class CaseMoves(WatchOptions options, WatchSend send)
{
    /// <summary>Of a fee that is prepaid at the newest block's base fee: a quarter more, for it
    /// rises by an eighth a block. What is left over comes back.</summary>
    private const int FeeNumerator = 5;

    private const int FeeDenominator = 4;

    /// <summary>Brings a complaint before the court: at once, or by opening a dispute.</summary>
    public async Task ComplainAsync(
        CourtSite site, WatchedOrder order, Complaint complaint, CancellationToken cancel)
    {
        Brief brief = order.Brief;
        SignedStatement about = order.Signed(complaint.About);
        RecordOpening[] record = [.. OneShots.Openings(complaint.Record)];
        options.Say($"{order.Name}: {complaint.Kind}");
        if (!complaint.IsDispute)
        {
            await ConvictAsync(site, OneShots.Of(order, complaint), cancel).ConfigureAwait(false);
            return;
        }

        RecordOpening last = complaint.Leaf.Leaf.Length == 0
            ? RecordOpening.None : OneShots.Opening(complaint.Leaf);
        byte[] open = ChallengesContract.Open(
            brief, about, PurposeOf(complaint), record, last);
        UInt128 fee = await FeeAsync(site, DisputesContract.AnswerGas, cancel)
            .ConfigureAwait(false);
        await send("dispute", site.Challenges, open, fee, cancel).ConfigureAwait(false);
    }

    /// <summary>Sends what convicts in one transaction.</summary>
    public Task ConvictAsync(CourtSite site, byte[] call, CancellationToken cancel) =>
        send("convict", site.Contradictions, call, 0, cancel);

    /// <summary>What a dispute about a complaint is for.</summary>
    public static DisputePurpose PurposeOf(Complaint complaint) => complaint.Kind switch
    {
        ComplaintKind.DescendTrace => DisputePurpose.Trace,
        ComplaintKind.DescendOutput => DisputePurpose.Output,
        _ => DisputePurpose.Cancel,
    };

    /// <summary>Shows a receipt for which a claim charged too much.</summary>
    public Task ShowAsync(
        CourtSite site, WatchedOrder order, SignedStatement smaller, CancellationToken cancel)
    {
        options.Say(FormattableString.Invariant(
            $"{order.Name}: claimed for more than its receipt of {smaller.Steps} steps"));
        return send("smaller", site.Court.Address,
            CourtContract.ShowSmaller(order.Brief, smaller), 0, cancel);
    }

    /// <summary>The next move in an open dispute, where it is the watcher's, or its end, where the
    /// provider's time is over. The order is run again only where it is needed.</summary>
    /// <returns>Whether something was sent.</returns>
    public async Task<bool> MoveAsync(
        CourtSite site, WatchedOrder order, DisputeRecord record, Dispute dispute, ulong toBlock,
        Func<uint, RecordedRun> own, CancellationToken cancel)
    {
        if (dispute.State == DisputeState.Queued)
        {
            return await StartAsync(site, order, record, toBlock, cancel).ConfigureAwait(false);
        }

        DisputeTurn turn = await site.Disputes.TurnAsync(
            record.Id, BlockTag.Number(toBlock), cancel).ConfigureAwait(false);
        if (turn.Side == DisputeSide.Nobody
            || (turn.Side == DisputeSide.Provider && !turn.IsOverdue))
        {
            return false;
        }

        await record.ReadAsync(cancel).ConfigureAwait(false);
        if (turn.IsOverdue)
        {
            options.Say($"{order.Name}: dispute {record.Id}: "
                + (turn.Side == DisputeSide.Provider ? "the provider is silent" : "own time over"));
            await SendAsync(
                "timeout", site, DisputesContract.Timeout(record.Id, record.Matter), 0, cancel)
                .ConfigureAwait(false);
            return true;
        }

        if (dispute.State == DisputeState.WantInput)
        {
            await SendAsync("input", site, DisputesContract.ShowInput(
                record.Id, record.Matter, order.Bundle.Input.Span), 0, cancel)
                .ConfigureAwait(false);
            return true;
        }

        return await DescendAsync(
            site, order, record, dispute, own(record.Matter.Run.Steps), cancel)
            .ConfigureAwait(false);
    }

    /// <summary>Nobody waits in the line of a node that was convicted meanwhile.</summary>
    private async Task<bool> StartAsync(CourtSite site, WatchedOrder order, DisputeRecord record,
        ulong toBlock, CancellationToken cancel)
    {
        if (!await site.Court.FallenAsync(record.Matter.Node, BlockTag.Number(toBlock), cancel)
            .ConfigureAwait(false))
        {
            return false;
        }

        options.Say($"{order.Name}: dispute {record.Id}: its node was convicted, it begins");
        await SendAsync(
            "start", site, DisputesContract.Start(record.Id, record.Matter), 0, cancel)
            .ConfigureAwait(false);
        return true;
    }

    /// <summary>Ends a dispute of an order that was decided meanwhile, as soon as the court takes
    /// it: until then it holds up the share and its own deposit.</summary>
    /// <returns>Whether something was sent.</returns>
    public async Task<bool> EndAsync(CourtSite site, WatchedOrder order, DisputeRecord record,
        ulong toBlock, CancellationToken cancel)
    {
        await record.ReadAsync(cancel).ConfigureAwait(false);
        byte[] end = DisputesContract.Timeout(record.Id, record.Matter);
        if (await site.TryAsync(options.Account, site.Disputes.Address, end, toBlock, cancel)
            .ConfigureAwait(false) is null)
        {
            return false;
        }

        options.Say($"{order.Name}: dispute {record.Id} is ended, the order is decided");
        await SendAsync("timeout", site, end, 0, cancel).ConfigureAwait(false);
        return true;
    }

    private Task<bool> DescendAsync(
        CourtSite site, WatchedOrder order, DisputeRecord record, Dispute dispute,
        RecordedRun own, CancellationToken cancel)
    {
        if (dispute.Wraps.HasFlag(DisputeWraps.Fresh))
        {
            if (record.Aim.Root == own.Trace.Root)
            {
                options.Say($"{order.Name}: dispute {record.Id}: the trace root stated is right");
                return Task.FromResult(false);
            }

            return PickAsync(site, record, DescentPick.Whole(dispute.Commit), cancel);
        }

        DescentOpener opener = record.Opener(own, out DescentPick? pick);
        if (opener.Inputs() is { } inputs)
        {
            return InputsAsync(site, order, record, inputs, cancel);
        }

        return dispute.State switch
        {
            DisputeState.WantPick when pick is not null => PickAsync(site, record, pick, cancel),
            DisputeState.WantProof when opener.IsOpened =>
                ProveAsync(site, order, record, opener, cancel),
            DisputeState.WantRefutation => RefuteAsync(site, order, record, opener, cancel),
            _ => Task.FromResult(false),
        };
    }

    private async Task<bool> PickAsync(
        CourtSite site, DisputeRecord record, DescentPick pick, CancellationToken cancel)
    {
        UInt128 fee = await FeeAsync(site, DisputesContract.AnswerGas, cancel)
            .ConfigureAwait(false);
        await SendAsync("pick", site, DisputesContract.Pick(
            record.Id, record.Matter, (uint)pick.Child, pick.Hash, [.. pick.Siblings]), fee,
            cancel).ConfigureAwait(false);
        return true;
    }

    private async Task<bool> InputsAsync(
        CourtSite site, WatchedOrder order, DisputeRecord record,
        IReadOnlyList<ListMember> inputs, CancellationToken cancel)
    {
        SignedStatement about = record.Stated ?? order.Rooted(record.Aim.Root);
        byte[] call = OneShots.Inputs(order.Brief, about, inputs);
        options.Say($"{order.Name}: its trace begins with other inputs");
        await ConvictAsync(site, call, cancel).ConfigureAwait(false);
        return true;
    }

    private async Task<bool> ProveAsync(
        CourtSite site, WatchedOrder order, DisputeRecord record, DescentOpener opener,
        CancellationToken cancel)
    {
        OperandsRequest at = opener.Element();
        byte[]? proof = opener.Proof();
        bool isCheap = proof is not null && ElementGas.Of(proof.Length) <= ElementGas.Max;
        if (!isCheap && opener.Operands() is { } request)
        {
            UInt128 fee = await FeeAsync(site, DisputesContract.OperandsGas, cancel)
                .ConfigureAwait(false);
            await SendAsync("operands", site, DisputesContract.AskOperands(
                record.Id, record.Matter, request.Encode()), fee, cancel).ConfigureAwait(false);
            return true;
        }

        options.Say(FormattableString.Invariant(
            $"{order.Name}: dispute {record.Id}: tensor {at.Tensor}, element {at.Element}")
            + (proof is null ? " differs, and nothing convicts it: report this" : " is wrong"));
        if (proof is null)
        {
            return false;
        }

        await SendAsync(
            "prove", site, DisputesContract.Prove(record.Id, record.Matter, proof), 0, cancel)
            .ConfigureAwait(false);
        return true;
    }

    private async Task<bool> RefuteAsync(
        CourtSite site, WatchedOrder order, DisputeRecord record, DescentOpener opener,
        CancellationToken cancel)
    {
        byte[]? proof = OperandsRequest.Decode(record.Request) is { } request
            ? opener.Refutation(request, record.Values) : null;
        if (proof is null)
        {
            options.Say($"{order.Name}: dispute {record.Id}: no operand to refute: report this");
            return false;
        }

        await SendAsync("refute", site, DisputesContract.Refute(
            record.Id, record.Matter, record.Request, record.Values, proof), 0, cancel)
            .ConfigureAwait(false);
        return true;
    }

    private Task SendAsync(
        string kind, CourtSite site, byte[] data, UInt128 fee, CancellationToken cancel) =>
        send(kind, site.Disputes.Address, data, fee, cancel);

    private static async Task<UInt128> FeeAsync(
        CourtSite site, ulong gas, CancellationToken cancel)
    {
        UInt256 fee = await site.Disputes.Fees.PrepaidAsync(gas, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        return fee.TryToUInt128(out UInt128 wei) && wei < UInt128.MaxValue / FeeNumerator
            ? wei * FeeNumerator / FeeDenominator
            : throw new WatchException($"an answer costs {fee} wei by the contract's word");
    }
}
