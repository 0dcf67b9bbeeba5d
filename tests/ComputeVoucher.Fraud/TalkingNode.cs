using System;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Disputes;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Watcher;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Fraud;

/// <summary>How a node behaves that is asked over the wire.</summary>
internal enum Manner
{
    /// <summary>It opens its run, as an honest node opens its own.</summary>
    Opens,

    Refuses,

    /// <summary>Never a word.</summary>
    IsSilent,

    /// <summary>It opens its run, four minutes later.</summary>
    IsSlow,

    /// <summary>Its root stands, and what is below it is made up.</summary>
    MakesUp,

    /// <summary>From the second answer on it signs another root.</summary>
    ChangesItsStory,
}

/// <summary>A node that listens, and is asked what it computed.</summary>
internal sealed class TalkingNode : IWireHandler, IAsyncDisposable
{
    private readonly CourtMarket _market;
    private readonly PrivateKey _node;
    private readonly RecordedRun _run;
    private readonly Manner _manner;
    private readonly WireServer _server;

    /// <param name="market">Whose watcher may ask.</param>
    /// <param name="node">Its key.</param>
    /// <param name="run">What it opens.</param>
    /// <param name="manner">How.</param>
    public TalkingNode(
        CourtMarket market, PrivateKey node, RecordedRun run, Manner manner = Manner.Opens)
    {
        (_market, _node, _run, _manner) = (market, node, run, manner);
        Bytes32 context = market.Domain.VouchersSeparator;
        _server = WireServer.Start(new WireServerOptions
        {
            Endpoint = new IPEndPoint(IPAddress.Loopback, 0),
            Node = node.Address,
            Context = context,
            Signer = (in digest, signature) => node.Sign(digest).CopyTo(signature),
            FillRandom = Random.Shared.NextBytes,
            Time = Clock,
        }, this);
    }

    /// <summary>Of both ends; nothing is ever late unless a test moves it.</summary>
    public ManualClock Clock { get; } = new();

    /// <summary>The market's watcher, who knows where it listens.</summary>
    public WatchedNodes Ask() => new(
        [_server.LocalEndPoint], _market.Watcher, _market.Domain, Clock,
        Random.Shared.NextBytes);

    /// <summary>Questions that it took.</summary>
    public int Asked { get; private set; }

    /// <summary>Comes before each answer.</summary>
    public Func<Task> Thinks { get; init; } = () => Task.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public ValueTask OnOrderAsync(IOrderStream order)
    {
        order.Dispose();
        return ValueTask.CompletedTask;
    }

    public void OnCancel(IOrderStream order, ReadOnlySpan<byte> cancel)
    {
    }

    public void OnConnected(IWireConnection connection)
    {
    }

    public void OnClosed(IWireConnection connection, ushort reason)
    {
    }

    public void OnFault(string what, Exception fault)
    {
    }

    public ValueTask OnRequestAsync(IWireRequest request)
    {
        Asked++;
        if (_manner != Manner.IsSilent)
        {
            // The connection goes on meanwhile.
            _ = AnswerAsync(request);
        }

        return ValueTask.CompletedTask;
    }

    private async Task AnswerAsync(IWireRequest request)
    {
        using (request)
        {
            if (_manner == Manner.IsSlow)
            {
                TaskCompletionSource late = new();
                using ITimer timer = Clock.CreateTimer(
                    _ => late.TrySetResult(), null, TimeSpan.FromMinutes(4),
                    Timeout.InfiniteTimeSpan);
                await late.Task;
            }

            await Thinks();
            Answer(request);
        }
    }

    private void Answer(IWireRequest request)
    {
        RefusalReason refusal = OpeningPlace.Decode(request.Payload.Span,
            out OpeningQuery query, out Signature signature, out OpeningPlace place);
        refusal = refusal != RefusalReason.None ? refusal
            : query.Nonce != request.Connection.Nonce ? RefusalReason.QueryNonceWrong
            : _manner == Manner.Refuses ? RefusalReason.Overloaded
            : SignedPayload.CheckSigner(query.HashStruct(), signature,
                _market.Domain.VouchersSeparator, _market.Watcher.Address);
        if (refusal != RefusalReason.None)
        {
            request.Fail((ushort)refusal, Refusals.Describe(refusal), retryable: false);
            return;
        }

        bool isOther = _manner == Manner.ChangesItsStory && Asked > 1;
        TraceRootStatement root = new(
            query.OrderHash, _run.Steps, isOther ? Keccak256.Hash([9]) : _run.Trace.Root);
        byte[] data = DescentAnswers.Data(_run, PositionOf(place));
        if (_manner == Manner.MakesUp)
        {
            data[^1] ^= 1;
        }

        request.Reply([.. SignedPayload.Encode(
            root, _node.Sign(root.Digest(_market.Domain.VouchersSeparator))), .. data]);
    }

    private DescentPosition PositionOf(in OpeningPlace place)
    {
        RunTree tree = (RunTree)place.Tree;
        bool isList = place.Tensor == OpeningPlace.OfTheList;
        int index = isList ? 0 : (int)place.Tensor;
        return new DescentPosition(
            tree, default, isList ? DescentWraps.None : DescentWraps.Inside, place.Level, index,
            (int)place.Place,
            isList ? _run.Layout.Count(tree) : _run.Layout.Bytes(tree, index));
    }
}
