using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Client.Tests;

/// <summary>A node opens the trace that it signed, over real sockets; what is not under its root is
/// not taken, and what is wrong under it is found. With the shipped classifier.</summary>
[Trait("Category", "load")]
public sealed class NodeTraceTests : IDisposable
{
    private const int Draws = 64;

    private readonly IModel _model = ModelFile.Open(NodeRig.ShippedModel);
    private readonly byte[] _input;
    private readonly List<(TensorType Type, int[] Dims, byte[] Data)> _tensors = [];
    private readonly RecordedRun _own;
    private readonly Order _order;

    public NodeTraceTests()
    {
        _input = File.ReadAllBytes(NodeRig.ShippedInput)[.._model.InputBytesMax];
        using IModelSession session = _model.CreateSession(Backend.Auto, 1);
        RunResult result = session.Run(_input, new RunOptions
        {
            OnTensor = (in TracedTensor tensor) => _tensors.Add(
                (tensor.Type, tensor.Dims.ToArray(), tensor.Data.ToArray())),
        });
        _own = RecordedRun.Of(_model, _input, 1);
        _order = new Order(Given.Terms(0).HashStruct(), 3, _model.ModelRoot, result.InputRoot,
            result.Units, 1_900_000_000, OrderFlags.None, default);
    }

    public void Dispose()
    {
        _own.Dispose();
        _model.Dispose();
    }

    [Fact]
    public async Task HonestRun_IsRightInEveryDraw_AndNoMoreIsOpenedThanIsRead()
    {
        using HostileNode node = Answering(_own);
        await using NodeConnection connection = Connect(node);
        (TraceAudit audit, NodeTrace trace) = await OpenAsync(connection, _own);
        Assert.Equal(_own.Trace.Root, trace.Statement.TraceRoot);
        long list = trace.OpenedBytes;
        Assert.Equal(_tensors.Count * Bytes32.Size, list);
        Assert.Null(audit.Fault());
        Bytes32 seed = TraceAudit.Seed(trace.Statement.TraceRoot, Keccak256.Hash("seed"u8));
        for (int i = 0; i < Draws; i++)
        {
            Assert.Equal(Verdict.Equal, audit.Draw(seed, i).Judgement.Verdict);
        }

        long all = _tensors.Sum(tensor => (long)tensor.Data.Length + TraceTree.LeafBytes);
        Assert.InRange(trace.OpenedBytes - list, 1, all);
    }

    /// <summary>Opened as it was signed, and wrong: the draw says what is right.</summary>
    [Fact]
    public async Task WrongElementsUnderTheSignedRoot_AreFound()
    {
        RecordedRun forged = _own.With(
            Changed((tensor, element) => element % 2 == 0), _tensors[^1].Data);
        using HostileNode node = Answering(forged);
        await using NodeConnection connection = Connect(node);
        (TraceAudit audit, NodeTrace trace) = await OpenAsync(connection, forged);
        Bytes32 seed = TraceAudit.Seed(trace.Statement.TraceRoot, Keccak256.Hash("seed"u8));
        Assert.Contains(Enumerable.Range(0, Draws),
            i => audit.Draw(seed, i).Judgement.Verdict == Verdict.Differs);
    }

    /// <summary>It signs one run and opens the right one.</summary>
    [Fact]
    public async Task BytesThatAreNotUnderTheRoot_AreNotTaken()
    {
        RecordedRun forged = _own.With(
            Changed((tensor, element) => element % 2 == 0), _tensors[^1].Data);
        using HostileNode node = Answering(forged, leaves: _own);
        await using NodeConnection connection = Connect(node);
        (TraceAudit audit, NodeTrace trace) = await OpenAsync(connection, forged);
        Bytes32 seed = TraceAudit.Seed(trace.Statement.TraceRoot, Keccak256.Hash("seed"u8));
        ModelException wrong = Assert.Throws<ModelException>(() =>
        {
            for (int i = 0; i < Draws; i++)
            {
                audit.Draw(seed, i);
            }
        });
        Assert.Contains("is not what was opened", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherList_AnotherLength_OrTwoRoots_AreNotTaken()
    {
        RecordedRun other = _own.With(Changed((_, _) => true), _tensors[^1].Data);
        Assert.Contains("another list", await FailsAsync(Answering(_own, list: other)),
            StringComparison.Ordinal);
        Assert.Contains("are right", await FailsAsync(Answering(_own, cut: 1)),
            StringComparison.Ordinal);
        int asked = 0;
        using HostileNode twice = Answering(_own, root: () =>
            asked++ == 0 ? _own.Trace.Root : other.Trace.Root);
        await using NodeConnection connection = Connect(twice);
        (NodeTrace trace, _) = await OpenListAsync(connection, _own);
        ClientException both = await Assert.ThrowsAsync<ClientException>(
            () => Patience.WaitAsync(trace.ReadAsync(1, default)));
        Assert.Contains("together take its bond", both.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusal_IsTheNodes()
    {
        using HostileNode node = new(async peer =>
        {
            while (await peer.ReadAsync() is { } asked)
            {
                await peer.SendAsync(FrameKind.Error, asked.Correlation,
                    [(byte)RefusalReason.OrderUnknown,
                        (byte)((ushort)RefusalReason.OrderUnknown >> 8)]);
            }
        });
        await using NodeConnection connection = Connect(node);
        ClientException refused = await Assert.ThrowsAsync<ClientException>(
            () => OpenListAsync(connection, _own));
        Assert.Equal((ushort)RefusalReason.OrderUnknown,
            Assert.IsType<WireException>(refused.InnerException).Reason);
    }

    private async Task<string> FailsAsync(HostileNode node)
    {
        using (node)
        {
            await using NodeConnection connection = Connect(node);
            return (await Assert.ThrowsAsync<ClientException>(
                () => OpenListAsync(connection, _own))).Message;
        }
    }

    private async Task<(TraceAudit Audit, NodeTrace Trace)> OpenAsync(
        NodeConnection connection, RecordedRun signed)
    {
        (NodeTrace trace, Bytes32[] hashes) = await OpenListAsync(connection, signed);
        RecordedTrace list = RecordedTrace.OfHashes(hashes, tensor =>
            Patience.WaitAsync(trace.ReadAsync(tensor, default)).GetAwaiter().GetResult());
        return (new TraceAudit(_model, _input, new AuditStatement(_order.InputRoot,
            signed.Output.Root, trace.Statement.TraceRoot, 1), list), trace);
    }

    private Task<(NodeTrace Trace, Bytes32[] Hashes)> OpenListAsync(
        NodeConnection connection, RecordedRun signed) =>
        Patience.WaitAsync(NodeTrace.OpenAsync(connection, _model, _input, new Receipt(
            _order.HashStruct(), 1, signed.Output.Root, default, _order.MaxUnits), default));

    /// <summary>The own trace with elements between input and output changed.</summary>
    private RecordedTrace Changed(Func<int, int, bool> isWrong) => RecordedTrace.OfTensors(
        _tensors.Select((tensor, at) => (tensor.Type, tensor.Dims,
            at < _own.Layout.Inputs || at == _tensors.Count - 1
                ? tensor.Data
                : Array.ConvertAll(
                    [.. tensor.Data.Select((value, element) => (value, element))],
                    one => isWrong(at, one.element) ? (byte)(one.value ^ 0x15) : one.value))));

    /// <summary>A node that answers out of runs.</summary>
    /// <param name="signed">Whose root it signs.</param>
    /// <param name="list">Whose list it opens; null is the same.</param>
    /// <param name="leaves">Whose leaves it opens; null is the same.</param>
    /// <param name="cut">Bytes that its answers lack.</param>
    /// <param name="root">What it signs; null is the root.</param>
    private HostileNode Answering(RecordedRun signed, RecordedRun? list = null,
        RecordedRun? leaves = null, int cut = 0, Func<Bytes32>? root = null) =>
        new(async peer =>
        {
            while (await peer.ReadAsync() is { } asked)
            {
                Assert.Equal(RefusalReason.None, OpeningPlace.Decode(
                    asked.Payload, out OpeningQuery query, out _, out OpeningPlace place));
                Assert.Equal(_order.HashStruct(), query.OrderHash);
                bool isList = place.Tensor == OpeningPlace.OfTheList;
                RecordedRun run = (isList ? list : leaves) ?? signed;
                int index = isList ? 0 : (int)place.Tensor;
                DescentPosition at = new((RunTree)place.Tree, default,
                    isList ? DescentWraps.None : DescentWraps.Inside, place.Level, index,
                    (int)place.Place, isList
                        ? run.Layout.Count(RunTree.Trace)
                        : run.Layout.Bytes(RunTree.Trace, index));
                Assert.True(at.IsInTree);
                TraceRootStatement said = new(
                    query.OrderHash, 1, root?.Invoke() ?? signed.Trace.Root);
                await peer.SendAsync(FrameKind.Opening, asked.Correlation,
                    [.. SignedPayload.Encode(said, Given.NodeKey.Sign(
                        said.Digest(Given.Domain.VouchersSeparator))),
                        .. DescentAnswers.Data(run, at)[cut..]]);
            }
        });

    private static NodeConnection Connect(HostileNode node) => new(new NodeConnectionOptions
    {
        EndPoint = node.EndPoint,
        Channel = Given.Terms(0),
        Domain = Given.Domain,
        SpendKey = Given.SpendKey,
        Patience = Patience.Default,
        Time = new ManualClock(),
        FillRandom = random => random.Fill(7),
    });
}
