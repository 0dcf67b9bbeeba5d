using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComputeVoucher.Node.Tests.Courts;

/// <summary>A node opens the runs that it signed, to those who may dispute them, and to nobody
/// else; with the shipped classifier.</summary>
[Trait("Category", "load")]
public sealed class OpeningTests : IDisposable
{
    private static readonly Bytes32 s_here = Keccak256.Hash("this connection"u8);

    private readonly string _directory =
        Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    private readonly PrivateKey _node = PrivateKey.FromBytes(Keccak256.Hash("node"u8).Span);
    private readonly PrivateKey _spend = PrivateKey.FromBytes(Keccak256.Hash("spend"u8).Span);
    private readonly PrivateKey _other = PrivateKey.FromBytes(Keccak256.Hash("other"u8).Span);
    private readonly IModel _model = ModelFile.Open(NodeRig.ShippedModel);
    private readonly FairQueue _queue = new(16);
    private readonly LedgerStore _ledger;
    private readonly Serving _serving;
    private readonly Pipeline _pipeline;
    private readonly ChannelTerms _terms;

    public OpeningTests()
    {
        ServicePolicy policy = new() { Node = _node.Address };
        _ledger = LedgerStore.Open(_directory, new LedgerOptions
        {
            Identity = new LedgerIdentity(1, default, default, _node.Address),
            Policy = policy,
        });
        _terms = TermsOf(_spend, 1);
        foreach (ChannelTerms terms in (ChannelTerms[])[_terms, TermsOf(_other, 2)])
        {
            _ = _ledger.PutChannel(new ChannelRow
            {
                Terms = terms,
                Status = ChannelStatus.Open,
                Locked = 1UL << 40,
            });
        }

        _serving = new Serving
        {
            Ledger = _ledger,
            Policy = policy,
            Domain = new VoucherDomain(1, default, default),
            NodeKey = _node,
            Models = new Dictionary<Bytes32, IModel> { [_model.ModelRoot] = _model }
                .ToFrozenDictionary(),
            Graphs = _queue,
            Streams = new FairQueue(1),
            Metrics = new Metrics(),
            Log = NullLogger.Instance,
            Time = new ManualClock(),
            NotAccepting = () => RefusalReason.None,
        };
        _pipeline = new Pipeline(_serving);
    }

    public void Dispose()
    {
        _ledger.Dispose();
        _model.Dispose();
        Array.ForEach<PrivateKey>([_node, _spend, _other], key => key.Dispose());
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>From the list's root to the leaves of a tensor, every answer is under the signed
    /// root, and the bytes are those of the own run.</summary>
    [Fact]
    public async Task HolderOpens_FromTheRootToTheLeaves()
    {
        StoredOrder order = await ServeAsync();
        byte[] input = CourtNode.InputOf(_model);
        using RecordedRun own = RecordedRun.Of(_model, input, 1);
        int count = own.Layout.Count(RunTree.Trace);
        byte height = (byte)Math.Ceiling(Math.Log(count, TraceTree.Arity));
        (TraceRootStatement root, byte[] nodes) = Split(await AnsweredAsync(
            order, new OpeningPlace(0, OpeningPlace.OfTheList, height, 0)));
        Assert.Equal(
            (order.Hash, 1u, own.Trace.Root), (root.OrderHash, root.Steps, root.TraceRoot));
        Assert.InRange(nodes.Length, 2 * 32, 64 * 32);

        int outputs = own.Layout.Bytes(RunTree.Output, 0);
        (_, byte[] leaves) = Split(await AnsweredAsync(order, new OpeningPlace(1, 0, 0, 0)));
        Assert.Equal(TraceTree.LeafBytes, leaves.Length);
        (TensorType type, int[] dims) = own.Layout.Tensor(RunTree.Output, 0);
        Assert.Equal(
            order.Receipt!.Receipt.OutputRoot,
            TraceTree.ListRoot([TraceTree.TensorHash(type, dims, leaves.AsSpan(0, outputs))]));
    }

    /// <summary>Ten questions of one order are one run; the next order is another.</summary>
    [Fact]
    public async Task ManyQuestions_AreOneRunAtATime()
    {
        StoredOrder first = await ServeAsync();
        StoredOrder second = await ServeAsync(1);
        List<FakeExchange> asked = [];
        for (int i = 0; i < 10; i++)
        {
            asked.Add(await AskAsync(i < 5 ? first : second, new OpeningPlace(1, 0, 0, 0)));
        }

        Assert.Equal(1, _queue.Count);
        Assert.True(Work());
        Assert.Equal(1, _queue.Count);
        Assert.True(Work());
        Assert.False(Work());
        foreach (FakeExchange one in asked)
        {
            Assert.NotNull(await one.Answer.WaitAsync(Patience.Default));
        }
    }

    /// <summary>Beyond 64 that wait, whoever asks comes later.</summary>
    [Fact]
    public async Task QuestionsThatWait_AreBounded()
    {
        StoredOrder order = await ServeAsync();
        for (int i = 0; i < 64; i++)
        {
            Assert.Null((await AskAsync(order, new OpeningPlace(1, 0, 0, 0))).Error);
        }

        FakeExchange more = await AskAsync(order, new OpeningPlace(1, 0, 0, 0));
        Assert.Equal(((ushort)RefusalReason.Overloaded, true), more.Error);
        Assert.True(Work());
        Assert.False(Work());
    }

    [Theory]
    [InlineData(2, 0u, 0, 0u)]
    [InlineData(0, 1_000u, 0, 0u)]
    [InlineData(0, OpeningPlace.OfTheList, 0, 0u)]
    [InlineData(0, OpeningPlace.OfTheList, 200, 0u)]
    [InlineData(0, OpeningPlace.OfTheList, 1, 1_000u)]
    [InlineData(1, 0u, 0, 1u)]
    [InlineData(1, 0u, 1, 0u)]
    [InlineData(1, 0u, 0, uint.MaxValue)]
    public async Task PlacesThatTheRunHasNot_AreRefused(
        byte tree, uint tensor, byte level, uint place)
    {
        FakeExchange asked = await AskAsync(
            await ServeAsync(), new OpeningPlace(tree, tensor, level, place));
        Assert.True(Work());
        await asked.Answer.WaitAsync(Patience.Default);
        Assert.Equal(((ushort)RefusalReason.OpeningUnknown, false), asked.Error);
    }

    /// <summary>Strangers, other payers, other connections, other places than the signed one, and
    /// orders without a run get nothing, and make the node run nothing.</summary>
    [Fact]
    public async Task WhoMayNotAsk_GetsNothing()
    {
        StoredOrder order = await ServeAsync();
        OpeningPlace place = new(1, 0, 0, 0);
        using PrivateKey stranger = PrivateKey.FromBytes(Keccak256.Hash("stranger"u8).Span);
        await RefusedAsync(RefusalReason.SignerWrong, Query(order.Hash, place, stranger));
        await RefusedAsync(RefusalReason.SignerWrong, Query(order.Hash, place, _other));
        await RefusedAsync(RefusalReason.QueryNonceWrong,
            Query(order.Hash, place, _spend, Keccak256.Hash("elsewhere"u8)));
        byte[] changed = Query(order.Hash, place, _spend);
        changed[^1] ^= 1;
        await RefusedAsync(RefusalReason.OpeningUnknown, changed);
        await RefusedAsync(RefusalReason.PayloadSize, changed[..^1]);
        await RefusedAsync(RefusalReason.OrderUnknown, Query(s_here, place, _spend));
        StoredOrder running = await TakeAsync(7);
        await RefusedAsync(RefusalReason.OrderUnknown, Query(running.Hash, place, _spend));
        Assert.Equal(0, _queue.Count);
    }

    private ChannelTerms TermsOf(PrivateKey spend, byte salt) => new(
        default, _node.Address, spend.Address, default, Keccak256.Hash([salt]));

    private async Task<StoredOrder> TakeAsync(ulong seq)
    {
        byte[] input = CourtNode.InputOf(_model);
        InputInfo info = _model.CheckInput(input);
        Order order = new(_terms.HashStruct(), seq, _model.ModelRoot, info.InputRoot,
            info.UnitsMax, 1_000, OrderFlags.None, default);
        ReserveResult reserved = _ledger.Reserve(order, order.HashStruct(),
            _spend.Sign(order.Digest(_serving.Separator)), input);
        Assert.Equal(RefusalReason.None, reserved.Refusal);
        await reserved.Durable;
        return (await _ledger.OrderAsync(order.HashStruct()))!;
    }

    private async Task<StoredOrder> ServeAsync(ulong seq = 0)
    {
        StoredOrder order = await TakeAsync(seq);
        using IModelSession session = _model.CreateSession(Backend.Auto, 1);
        Receipt receipt = DoneOrder.ReceiptOf(
            order.Hash, session.Run(CourtNode.InputOf(_model), new RunOptions()));
        Assert.Equal(RefusalReason.None, _ledger.RecordReceipt(
            receipt, _node.Sign(receipt.Digest(_serving.Separator))));
        return (await _ledger.OrderAsync(order.Hash))!;
    }

    private byte[] Query(
        Bytes32 order, OpeningPlace place, PrivateKey key, Bytes32? nonce = null)
    {
        byte[] asked = place.Encode();
        OpeningQuery query = new(order, Keccak256.Hash(asked), nonce ?? s_here);
        return [.. SignedPayload.Encode(query, key.Sign(query.Digest(_serving.Separator))),
            .. asked];
    }

    /// <summary>Until it waits for its run, or is refused.</summary>
    private async Task<FakeExchange> AskAsync(StoredOrder order, OpeningPlace place)
    {
        FakeExchange request = new()
        {
            Kind = FrameKind.OpeningRequest,
            Payload = Query(order.Hash, place, _spend),
            Nonce = s_here,
        };
        int before = _pipeline.OpeningsWaiting;
        await _pipeline.OnRequestAsync(request);
        await Patience.UntilAsync(
            () => request.Error is not null || _pipeline.OpeningsWaiting > before);
        return request;
    }

    private async Task<byte[]> AnsweredAsync(StoredOrder order, OpeningPlace place)
    {
        FakeExchange asked = await AskAsync(order, place);
        await Patience.UntilAsync(() => Work() || asked.Answer.IsCompleted);
        return (await asked.Answer.WaitAsync(Patience.Default))!;
    }

    private async Task RefusedAsync(RefusalReason reason, byte[] payload)
    {
        FakeExchange request = new()
        {
            Kind = FrameKind.OpeningRequest,
            Payload = payload,
            Nonce = s_here,
        };
        await _pipeline.OnRequestAsync(request);
        await request.Answer.WaitAsync(Patience.Default);
        Assert.Equal((ushort)reason, request.Error?.Reason);
    }

    private bool Work()
    {
        if (!_queue.TryDequeue(out Job? job, wait: false))
        {
            return false;
        }

        using IModelSession session = job.Model.CreateSession(Backend.Auto, 1);
        job.Run(session);
        _queue.ReturnPlace(job.IsBehind);
        return true;
    }

    private (TraceRootStatement Root, byte[] Nodes) Split(byte[] answer)
    {
        int head = SignedPayload.Bytes<TraceRootStatement>();
        Assert.Equal(RefusalReason.None, SignedPayload.Decode(
            answer.AsSpan(0, head), out TraceRootStatement root, out Signature signature));
        Assert.Equal(RefusalReason.None, SignedPayload.CheckSigner(
            root.HashStruct(), signature, _serving.Separator, _node.Address));
        return (root, answer[head..]);
    }
}
