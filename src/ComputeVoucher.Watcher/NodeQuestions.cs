using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Client;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Watcher;

/// <summary>
/// Asks a node over the wire where its run parts from the own one, before anybody goes to a court:
/// a misunderstanding ends there, and a node that opens what proves it wrong is convicted in one
/// transaction. Nothing that it says is believed: every answer is held against the root that it
/// signed. One that refuses, is silent or talks in riddles is disputed as if nobody had asked.
/// </summary>
internal sealed class NodeQuestions(WatchOptions options, WatchedNodes nodes)
{
    /// <summary>All questions to one node take so long at most, in one life of the process: it
    /// answers behind its paid work, and other disputes wait meanwhile. Far below a turn, which has
    /// 6 hours, and below the 10 minutes that one answer may have (NodeConnection).</summary>
    private static readonly TimeSpan s_talkMax = TimeSpan.FromMinutes(9);

    private readonly HashSet<Bytes32> _asked = [];
    private readonly Dictionary<Address, Talk> _talks = [];

    /// <summary>Whether there is something to ask, and it was not asked yet. A node that did not
    /// answer once, or whose time is used up, is not waited for again.</summary>
    public bool MayAsk(WatchedOrder order, Complaint complaint) =>
        complaint.Kind is ComplaintKind.DescendTrace or ComplaintKind.DescendOutput
        && nodes.At.Count > 0
        && TalkWith(order).Left > TimeSpan.Zero
        && !_asked.Contains(order.Hash);

    /// <summary>Asks from the root down. What the node signed on the way is added to the order.
    /// </summary>
    /// <param name="order">What is wrong by the own run.</param>
    /// <param name="complaint">How.</param>
    /// <param name="own">The own run, of as many steps as the complaint is about.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>The call of Contradictions.sol that convicts by what was opened; null where
    /// nothing did.</returns>
    public async Task<byte[]?> AskAsync(WatchedOrder order, Complaint complaint, RecordedRun own,
        CancellationToken cancel)
    {
        _ = _asked.Add(order.Hash);
        Talk talk = TalkWith(order);
        long began = nodes.Time.GetTimestamp();
        using CancellationTokenSource limit = new(talk.Left, nodes.Time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            foreach (EndPoint where in nodes.At)
            {
                NodeConnection node = nodes.Connect(where, order.Brief.Channel);
                await using (node.ConfigureAwait(false))
                {
                    try
                    {
                        return await DescendAsync(node, order, complaint, own, either.Token)
                            .ConfigureAwait(false);
                    }
                    catch (ClientException) when (node.Connections == 0)
                    {
                        // Nobody listens there, or another node.
                    }
                }
            }

            Silent(order, "it is not heard");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            Silent(order, FormattableString.Invariant(
                $"its {s_talkMax.TotalMinutes:0} min are over"));
        }
        catch (ClientException failure)
        {
            Silent(order, failure.Message);
        }
        catch (ModelException failure)
        {
            Silent(order, $"what it opens proves nothing: {failure.Message}");
        }
        finally
        {
            talk.Left -= nodes.Time.GetElapsedTime(began);
        }

        return null;
    }

    private Talk TalkWith(WatchedOrder order)
    {
        Address node = order.Brief.Channel.Node;
        if (!_talks.TryGetValue(node, out Talk? talk))
        {
            _talks[node] = talk = new Talk();
        }

        return talk;
    }

    private void Silent(WatchedOrder order, string how)
    {
        TalkWith(order).Left = TimeSpan.Zero;
        options.Say($"{order.Name}: node {order.Brief.Channel.Node} is asked no more: {how}");
    }

    private async Task<byte[]?> DescendAsync(NodeConnection node, WatchedOrder order,
        Complaint complaint, RecordedRun own, CancellationToken cancel)
    {
        RunTree tree = complaint.Kind == ComplaintKind.DescendOutput
            ? RunTree.Output : RunTree.Trace;
        StatedRun about = complaint.About;
        DescentOpener? opener = null;
        Bytes32 stated = default;
        while (opener is not { IsOpened: true })
        {
            DescentPosition at = (opener?.Position
                ?? DescentPosition.Of(own.Layout, tree, default)).Entered(own.Layout);
            if (own.Model is LanguageModel && tree == RunTree.Trace && at is
                { IsInside: true, Index: 0 })
            {
                // A record cannot be opened before the court either: another one loses by silence.
                return null;
            }

            NodeOpening answer = await node.OpeningAsync(order.Hash, PlaceOf(at), cancel)
                .ConfigureAwait(false);
            if (opener is null)
            {
                options.Say($"{order.Name}: the node opens its run");
            }

            if (answer.Root.Steps != about.Steps)
            {
                throw new ClientException("its opening is of another number of steps");
            }

            order.Learn(answer.Root, answer.Signature);
            stated = opener is null ? answer.Root.TraceRoot : stated;
            bool isOther = answer.Root.TraceRoot != stated
                || (!about.TraceRoot.IsZero && stated != about.TraceRoot);
            if (isOther || (tree == RunTree.Trace && stated == own.Trace.Root))
            {
                // Two stories about one order convict by themselves; and a right one is none.
                return null;
            }

            opener ??= new DescentOpener(
                own, tree, tree == RunTree.Trace ? stated : about.OutputRoot);
            _ = opener.Answered(answer.Data.Span);
            if (opener.Inputs() is { } inputs)
            {
                return OneShots.Inputs(order.Brief, order.Rooted(stated), inputs);
            }
        }

        return Convicting(order, complaint, tree, stated, opener);
    }

    /// <summary>Null where only operands that the node names would convict: it names them before
    /// the court.</summary>
    private byte[]? Convicting(WatchedOrder order, Complaint complaint, RunTree tree,
        in Bytes32 traceRoot, DescentOpener opener)
    {
        OperandsRequest at = opener.Element();
        byte[]? proof = opener.Proof();
        bool isCheap = proof is not null && ElementGas.Of(proof.Length) <= ElementGas.Max;
        if (proof is null || (!isCheap && opener.Operands() is not null))
        {
            return null;
        }

        options.Say(FormattableString.Invariant(
            $"{order.Name}: tensor {at.Tensor}, element {at.Element} is wrong by the node's word"));
        SignedStatement stated = order.Rooted(traceRoot);
        SignedStatement about = tree == RunTree.Output
            ? order.Signed(complaint.About)
            : order.Dearest(complaint.About.Steps) ?? stated;
        return OneShots.Element(order.Brief, about, stated, complaint, tree, proof);
    }

    private static OpeningPlace PlaceOf(in DescentPosition at) => new(
        (byte)at.Tree, at.IsInside ? (uint)at.Index : OpeningPlace.OfTheList, (byte)at.Level,
        (uint)at.Place);

    /// <summary>With one node.</summary>
    private sealed class Talk
    {
        /// <summary>Time for more questions; none where it is zero or below.</summary>
        public TimeSpan Left { get; set; } = s_talkMax;
    }
}
