using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node.Tests;

/// <summary>Questions count once, on the connection that they were signed for, and from the
/// channel's own key.</summary>
[Trait("Category", "load")]
public sealed class RequestsTests : IDisposable
{
    private static readonly Bytes32 s_here = Keccak256.Hash("this connection"u8);
    private static readonly Bytes32 s_there = Keccak256.Hash("another connection"u8);

    private readonly ServingRig _rig = new();

    public static TheoryData<FrameKind> Queries =>
        [FrameKind.StateRequest, FrameKind.TraceRequest, FrameKind.ReleaseRequest];

    private Bytes32 Channel => _rig.Terms.HashStruct();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task State_NamesOrdersThatStillRun()
    {
        await _rig.SendAsync(_rig.NewOrder());
        FakeExchange request = await AskAsync(FrameKind.StateRequest);
        StateMessage state = StateMessage.Decode(await request.Answer);
        Assert.True(Assert.Single(state.Entries).ReceiptSigned.IsEmpty);
    }

    [Fact]
    public async Task State_AnAckProvesNothing()
    {
        FakeExchange request = await AskAsync(
            FrameKind.StateRequest, _rig.Sign(new Ack(Channel, 0, 0)));
        Assert.Equal(RefusalReason.PayloadSize, Refusal(request));
    }

    [Fact]
    public async Task Trace_OfAServedOrder_IsSignedByTheNode()
    {
        FakeExchange order = await _rig.SendAsync(_rig.NewOrder());
        await _rig.RunNextAsync(order);
        Task<FakeExchange> asking = AskAsync(FrameKind.TraceRequest);
        await Patience.UntilAsync(() => _rig.Queue.Count == 1);
        Assert.True(_rig.TryWork());
        byte[]? answer = await (await asking).Answer;
        Assert.Equal(RefusalReason.None, SignedPayload.Decode(
            answer, out TraceRootStatement statement, out Signature signature));
        Assert.Equal(_rig.NewOrder().HashStruct(), statement.OrderHash);
        Assert.Equal(RefusalReason.None, SignedPayload.CheckSigner(
            statement.HashStruct(), signature, _rig.Serving.Separator, _rig.NodeKey.Address));
    }

    /// <summary>A flood for one order is one execution: those who wait share it, those who come
    /// later get its answer, and it stands behind paid work.</summary>
    [Fact]
    public async Task Trace_AskedOften_RunsOnceAndBehindPaidWork()
    {
        await _rig.RunNextAsync(await _rig.SendAsync(_rig.NewOrder()));
        List<Task<FakeExchange>> asking = [];
        for (int i = 0; i < 60; i++)
        {
            asking.Add(AskAsync(FrameKind.TraceRequest));
        }

        await Patience.UntilAsync(() => _rig.Queue.Count == 1);
        FakeExchange paid = await _rig.SendAsync(_rig.NewOrder(1));
        await _rig.RunNextAsync(paid);
        Assert.Equal(2, _rig.Model.Runs);

        // Whichever of the sixty came after the run gets what is kept.
        Assert.True(_rig.TryWork());
        byte[]? first = null;
        foreach (Task<FakeExchange> one in asking)
        {
            byte[]? answer = await (await one.WaitAsync(Patience.Default)).Answer;
            Assert.Equal(first ??= answer, answer);
        }

        Assert.NotNull(first);
        Assert.Equal(3, _rig.Model.Runs);
        await _rig.CheckPlacesAsync();
    }

    [Fact]
    public async Task Trace_ForNobody_IsNotRun()
    {
        await _rig.RunNextAsync(await _rig.SendAsync(_rig.NewOrder()));
        FakeExchange request = new()
        {
            Kind = FrameKind.TraceRequest,
            Payload = Query(FrameKind.TraceRequest, s_here),
            Nonce = s_here,
        };
        await _rig.Pipeline.OnRequestAsync(request);
        await Patience.UntilAsync(() => _rig.Queue.Count == 1);
        request.IsOpen = false;
        Assert.True(_rig.TryWork());
        Assert.Equal(1, _rig.Model.Runs);
        await _rig.CheckPlacesAsync();
    }

    /// <summary>Only who has shown that he pays is told apart from a stranger.</summary>
    [Fact]
    public async Task Payer_IsWhoSignedAsTheChannelNames()
    {
        Assert.Equal(
            _rig.SpendKey.Address, (await AskAsync(FrameKind.StateRequest)).Payer);
        Assert.Equal(_rig.SpendKey.Address, (await _rig.SendAsync(_rig.NewOrder())).Payer);
        using PrivateKey stranger = PrivateKey.FromBytes(Keccak256.Hash("stranger"u8).Span);
        foreach (FrameKind kind in (FrameKind[])
            [FrameKind.StateRequest, FrameKind.TraceRequest, FrameKind.ReleaseRequest])
        {
            Assert.Null((await AskAsync(kind, Query(kind, s_here, stranger))).Payer);
        }
    }

    /// <summary>An ack is public once it is redeemed, and an order once it is disputed: sent again
    /// they are answered and show nothing.</summary>
    [Fact]
    public async Task Payer_IsNotWhoSendsAgainWhatWasSigned()
    {
        Order order = _rig.NewOrder();
        await _rig.RunNextAsync(await _rig.SendAsync(order));
        byte[] ack = _rig.Sign(new Ack(Channel, FakeModel.Steps * FakeModel.UnitsPerStep, 1));
        Assert.Equal(_rig.SpendKey.Address, (await AskAsync(FrameKind.Ack, ack)).Payer);
        FakeExchange again = await AskAsync(FrameKind.Ack, ack, s_there);
        Assert.Null(Refusal(again));
        Assert.Null(again.Payer);
        FakeExchange replay = await _rig.SendAsync(order);
        Assert.NotNull(await replay.Answer.WaitAsync(Patience.Default));
        Assert.Null(replay.Payer);
    }

    [Fact]
    public async Task Payer_IsNobodyWhoseChannelIsClosed()
    {
        await _rig.RunNextAsync(await _rig.SendAsync(_rig.NewOrder()));
        await _rig.Ledger.PutChannel(new Ledger.ChannelRow
        {
            Terms = _rig.Terms,
            Status = ChannelStatus.Closed,
            Locked = 1_000_000,
        });
        FakeExchange request = await AskAsync(FrameKind.StateRequest);
        Assert.Null(Refusal(request));
        Assert.Null(request.Payer);
    }

    /// <summary>One connection too many: nothing is reserved, and no question answered.</summary>
    [Fact]
    public async Task Payer_WithTooManyConnections_IsTold()
    {
        FakeExchange order = _rig.StreamOf(_rig.NewOrder(), hasRoom: false);
        await _rig.Pipeline.OnOrderAsync(order);
        Assert.Equal(((ushort)RefusalReason.Overloaded, true), order.Error!.Value);
        Assert.Equal(0, (int)_rig.Sums.Reserved);
        FakeExchange request = new()
        {
            Kind = FrameKind.StateRequest,
            Payload = Query(FrameKind.StateRequest, s_here),
            Nonce = s_here,
            HasRoom = false,
        };
        await _rig.Pipeline.OnRequestAsync(request);
        await request.Answer.WaitAsync(Patience.Default);
        Assert.Equal(RefusalReason.Overloaded, Refusal(request));
        await _rig.CheckPlacesAsync();

        // Its own connections serve on, the same order too.
        Assert.NotNull(await _rig.RunNextAsync(await _rig.SendAsync(_rig.NewOrder())));
    }

    /// <summary>A key of another channel of this node is no more than a stranger's.</summary>
    [Fact]
    public async Task Trace_OfSomebodyElsesOrder_IsRefused()
    {
        FakeExchange order = await _rig.SendAsync(_rig.NewOrder());
        await _rig.RunNextAsync(order);
        using PrivateKey other = PrivateKey.FromBytes(Keccak256.Hash("other"u8).Span);
        byte[] asked = _rig.Sign(new TraceQuery(_rig.NewOrder().HashStruct(), s_here), other);
        FakeExchange request = await AskAsync(FrameKind.TraceRequest, asked);
        Assert.Equal(RefusalReason.SignerWrong, Refusal(request));
        await _rig.Ledger.PutChannel(new Ledger.ChannelRow
        {
            Terms = _rig.Terms with { SpendKey = other.Address },
            Status = ChannelStatus.Open,
            Locked = 1,
        });
        request = await AskAsync(FrameKind.TraceRequest, asked);
        Assert.Equal(RefusalReason.SignerWrong, Refusal(request));
        Assert.Equal(0, _rig.Queue.Count);
    }

    [Fact]
    public async Task Trace_OfAnUnknownOrder_IsRefused()
    {
        FakeExchange request = await AskAsync(
            FrameKind.TraceRequest, _rig.Sign(new TraceQuery(s_there, s_here)));
        Assert.Equal(RefusalReason.OrderUnknown, Refusal(request));

        // A stranger does not even learn that, nor does the node look it up.
        using PrivateKey stranger = PrivateKey.FromBytes(Keccak256.Hash("stranger"u8).Span);
        request = await AskAsync(
            FrameKind.TraceRequest, _rig.Sign(new TraceQuery(s_there, s_here), stranger));
        Assert.Equal(RefusalReason.SignerWrong, Refusal(request));
    }

    [Fact]
    public async Task Release_OfTheNewestAck_IsSigned()
    {
        FakeExchange request = await AskAsync(FrameKind.ReleaseRequest);
        Assert.Equal(RefusalReason.None, SignedPayload.Decode(
            await request.Answer, out Release release, out _));
        Assert.Equal(new Release(Channel, 0), release);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public async Task Release_OfAnotherAck_IsRefused(int cumUnits, int nextSeq)
    {
        ReleaseQuery query = new(Channel, (UInt128)cumUnits, (ulong)nextSeq, s_here);
        FakeExchange request = await AskAsync(FrameKind.ReleaseRequest, _rig.Sign(query));
        Assert.Equal(RefusalReason.QueryStale, Refusal(request));
        await _rig.SendAsync(_rig.NewOrder());
    }

    /// <summary>A wish to release that was refused once ends nothing later.</summary>
    [Fact]
    public async Task Release_AskedWhileWorkRan_EndsNothingWhenItIsPaid()
    {
        FakeExchange order = await _rig.SendAsync(_rig.NewOrder());
        byte[] wish = Query(FrameKind.ReleaseRequest, s_here);
        FakeExchange request = await AskAsync(FrameKind.ReleaseRequest, wish);
        Assert.Equal(RefusalReason.AckUnfinished, Refusal(request));
        await _rig.RunNextAsync(order);
        Ack ack = new(Channel, FakeModel.Steps * FakeModel.UnitsPerStep, 1);
        Assert.Null(Refusal(await AskAsync(FrameKind.Ack, _rig.Sign(ack))));
        request = await AskAsync(FrameKind.ReleaseRequest, wish);
        Assert.Equal(RefusalReason.QueryStale, Refusal(request));
        await _rig.SendAsync(_rig.NewOrder(1));
    }

    /// <summary>Recorded and sent again: on another connection, with that connection's nonce
    /// written over the old one, as another kind, by another key, to a node of another contract.
    /// </summary>
    [Theory]
    [MemberData(nameof(Queries))]
    public async Task Query_Replayed_IsRefused(FrameKind kind)
    {
        FakeExchange order = await _rig.SendAsync(_rig.NewOrder());
        await _rig.RunNextAsync(order);
        byte[] recorded = Query(kind, s_here);
        Assert.Equal(
            RefusalReason.QueryNonceWrong, Refusal(await AskAsync(kind, recorded, s_there)));

        byte[] renamed = [.. recorded];
        s_there.CopyTo(renamed.AsSpan(renamed.Length - Signature.Size - Bytes32.Size));
        Assert.Equal(RefusalReason.SignerWrong, Refusal(await AskAsync(kind, renamed, s_there)));

        // Queries of one width are told apart by what is signed, the others by their length.
        foreach (FrameKind other in (FrameKind[])
            [FrameKind.StateRequest, FrameKind.TraceRequest, FrameKind.ReleaseRequest,
            FrameKind.Ack])
        {
            RefusalReason wanted =
                Query(other, s_here).Length != recorded.Length || other == FrameKind.Ack
                    ? RefusalReason.PayloadSize
                : (kind, other) == (FrameKind.TraceRequest, FrameKind.StateRequest)
                    ? RefusalReason.ChannelUnknown
                    : RefusalReason.SignerWrong;
            if (other != kind)
            {
                Assert.Equal(wanted, Refusal(await AskAsync(other, recorded)));
            }
        }

        using PrivateKey stranger = PrivateKey.FromBytes(Keccak256.Hash("stranger"u8).Span);
        Assert.Equal(RefusalReason.SignerWrong, Refusal(
            await AskAsync(kind, Query(kind, s_here, stranger))));
        Bytes32 elsewhere = new VoucherDomain(2, default, default).VouchersSeparator;
        Assert.Equal(RefusalReason.SignerWrong, Refusal(
            await AskAsync(kind, Query(kind, s_here, separator: elsewhere))));
        Assert.Equal(0, _rig.Queue.Count);
    }

    [Theory]
    [InlineData(FrameKind.ProofRequest)]
    [InlineData(FrameKind.OfferRequest)]
    public async Task WhatLaterNodesAnswer_IsRefusedByReason(FrameKind kind)
    {
        byte[] query = _rig.Sign(new OpeningQuery(s_there, s_there, s_here));
        Assert.Equal(RefusalReason.NotOffered, Refusal(await AskAsync(kind, query)));
    }

    private static RefusalReason? Refusal(FakeExchange request) =>
        request.Error is { } error ? (RefusalReason)error.Reason : null;

    private byte[] Query(
        FrameKind kind, Bytes32 nonce, PrivateKey? key = null, Bytes32? separator = null)
    {
        return kind switch
        {
            FrameKind.StateRequest => Signed(new StateQuery(Channel, nonce)),
            FrameKind.TraceRequest =>
                Signed(new TraceQuery(_rig.NewOrder().HashStruct(), nonce)),
            _ => Signed(new ReleaseQuery(Channel, 0, 0, nonce)),
        };

        byte[] Signed<T>(T query)
            where T : struct, ISignedStruct<T> => SignedPayload.Encode(
                query,
                (key ?? _rig.SpendKey).Sign(query.Digest(separator ?? _rig.Serving.Separator)));
    }

    private async Task<FakeExchange> AskAsync(
        FrameKind kind, byte[]? payload = null, Bytes32? connection = null)
    {
        FakeExchange request = new()
        {
            Kind = kind,
            Payload = payload ?? Query(kind, s_here),
            Nonce = connection ?? s_here,
        };
        await _rig.Pipeline.OnRequestAsync(request);
        await request.Answer.WaitAsync(Patience.Default);
        return request;
    }
}
