using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Client.Tests;

/// <summary>Whatever a node does, or does not do, a client ends: by its patience, or by the
/// deadline that it signed. Time is the test's alone.</summary>
[Trait("Category", "load")]
public sealed class HostileNodeTests : IDisposable
{
    /// <summary>Longer than any test lets pass, where a loss is not what it is about.</summary>
    private static readonly TimeSpan s_long = TimeSpan.FromHours(1);

    private static readonly ChannelTerms s_terms = Given.Terms(0);

    private readonly string _folder = Given.Folder();
    private readonly ManualClock _clock = new();
    private readonly ConcurrentQueue<WaitNotice> _notices = [];
    private readonly List<byte> _shown = [];
    private readonly ClientJournal _journal;

    public HostileNodeTests() =>
        _journal = ClientJournal.Open(Path.Combine(_folder, "client.state"), s_terms);

    public void Dispose()
    {
        _journal.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task DeadNode_ManyInFlight_CostsThePatienceOnce()
    {
        using HostileNode node = new(null);
        OrderRunner runner = Runner(node, TimeSpan.FromSeconds(3));
        Task<OrderOutcome>[] orders =
            [.. Enumerable.Range(0, 16).Select(i => runner.RunAsync(i, Input(i), default))];
        await MoveUntilAsync(() => orders.Any(order => order.IsCompleted));
        int tried = node.Accepted;
        await MoveUntilAsync(() => orders.All(order => order.IsCompleted));
        Assert.Equal(tried, node.Accepted);
        foreach (Task<OrderOutcome> order in orders)
        {
            Exception gone = await Assert.ThrowsAsync<ClientException>(() => order);
            Assert.Contains("given up", gone.Message, StringComparison.Ordinal);
        }

        Assert.Equal(16, _journal.Pending().Count);
        Assert.Contains("127.0.0.1:", _notices.First().For, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NodeThatOnlyPings_Order_EndsAfterItsDeadlineWithACancel()
    {
        using HostileNode node = new(async peer =>
        {
            peer.PingsOn = true;
            await peer.SendAsync(FrameKind.Ping, 0, new byte[8]);
            await peer.ListenAsync();
        });
        OrderRunner runner = Runner(node, TimeSpan.FromMinutes(5));
        OrderOutcome outcome = await MoveUntilAsync(runner.RunAsync(0, Input(0), default));
        Assert.Contains("may still be served", outcome.Refusal, StringComparison.Ordinal);
        Assert.Contains(node.Cancels, cancel =>
            cancel.OrderHash == outcome.Order.Order.HashStruct());
        Assert.Contains(_notices, notice => notice.For == "the node has not answered order 0 yet");
        Assert.Single(_journal.Pending());
    }

    /// <summary>306: it answers at once, and will not take the order. Whoever asks is told why, as
    /// long as the patience is and not until the deadline; nothing is owed.</summary>
    [Fact]
    public async Task NodeWithoutItsChain_CostsThePatience()
    {
        int asked = 0;
        using HostileNode node = new(async peer =>
        {
            while (await peer.ReadAsync() is { } frame)
            {
                asked++;
                await peer.RefuseAsync(frame, RefusalReason.ChainUnavailable);
            }
        });
        TimeSpan patience = TimeSpan.FromMinutes(1);
        OrderRunner runner = Runner(node, patience, seconds: 86_400);
        long start = _clock.GetTimestamp();
        OrderOutcome outcome = await MoveUntilAsync(runner.RunAsync(0, Input(0), default));
        Assert.StartsWith("306:", outcome.Refusal, StringComparison.Ordinal);
        Assert.InRange(_clock.GetElapsedTime(start), patience, TimeSpan.FromHours(12));
        Assert.True(asked > 1, $"asked {asked} times");
        Assert.Empty(_journal.Pending());
        Assert.All(_notices, told =>
        {
            Assert.Contains("does not see the chain", told.For, StringComparison.Ordinal);
            Assert.InRange(told.Left, TimeSpan.Zero, patience);
        });
        Assert.NotEmpty(_notices);
        Assert.Empty(node.Cancels);
    }

    /// <summary>What passes within the patience is waited for.</summary>
    [Fact]
    public async Task NodeThatSeesItsChainAgain_ServesTheOrder()
    {
        int asked = 0;
        using HostileNode node = new(async peer =>
        {
            while (await peer.ReadAsync() is { } frame)
            {
                if (++asked < 4)
                {
                    await peer.RefuseAsync(frame, RefusalReason.ChainUnavailable);
                    continue;
                }

                await peer.OutputAsync(frame, 1, 1, 2, 3);
                await peer.ReceiptAsync(frame, 1, 2, 3);
            }
        });
        OrderRunner runner = Runner(node, s_long);
        OrderOutcome outcome = await MoveUntilAsync(runner.RunAsync(0, Input(0), default));
        Assert.Null(outcome.Refusal);
    }

    [Fact]
    public async Task MuteNode_State_EndsAtTheDeadline()
    {
        using HostileNode node = new(peer => peer.ListenAsync());
        OrderRunner runner = Runner(node, s_long);
        Task resuming = runner.ResumeAsync(_ => { }, default);
        await MoveUntilAsync(() => resuming.IsCompleted);
        Exception mute = await Assert.ThrowsAsync<ClientException>(() => resuming);
        Assert.Contains("did not answer", mute.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WelcomeBeyondAnyLimit_IsRefusedAndGivenUp()
    {
        using HostileNode node = new(peer => peer.ListenAsync()) { InFlightMax = uint.MaxValue };
        OrderRunner runner = Runner(node, TimeSpan.FromSeconds(20));
        Task<OrderOutcome> order = runner.RunAsync(0, Input(0), default);
        await MoveUntilAsync(() => order.IsCompleted);
        await Assert.ThrowsAsync<ClientException>(() => order);
        Assert.Contains(_notices,
            notice => notice.For.Contains("BadPayload", StringComparison.Ordinal));
    }

    public static TheoryData<string> Floods => ["more bytes", "empty outputs", "other receipt"];

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task AnswerThatNoOrderHas_EndsTheRunAtOnce(string flood)
    {
        int sent = 0;
        using HostileNode node = new(async peer =>
        {
            HostileNode.Seen order = (await peer.ReadAsync())!;
            if (flood == "other receipt")
            {
                await peer.OutputAsync(order, 1, 1);
                await peer.ReceiptAsync(order, Keccak256.Hash("another"u8), 1);
            }

            byte[] bytes = flood == "more bytes" ? [7] : [];
            for (; sent < 100_000; sent++)
            {
                await peer.OutputAsync(order, 1, bytes);
            }
        });
        OrderRunner runner = Runner(node, s_long);
        Task<OrderOutcome> order = runner.RunAsync(0, Input(0), default);
        Exception wrong = await Assert.ThrowsAsync<ClientException>(
            () => Patience.WaitAsync(order));
        Assert.Contains(flood == "other receipt" ? "another order" : "sends more than the 3 bytes",
            wrong.Message, StringComparison.Ordinal);
        Assert.True(_shown.Count <= 3);
        Assert.False(_journal.TryNextAck(out _));
    }

    public static TheoryData<string> Breaches =>
        ["unknown correlation", "two accepts", "answer of another kind"];

    [Theory]
    [MemberData(nameof(Breaches))]
    public async Task BreachOfTheProtocol_EndsTheConnectionAndIsTriedAgainWithPauses(
        string breach)
    {
        using HostileNode node = new(async peer =>
        {
            HostileNode.Seen order = (await peer.ReadAsync())!;
            byte[] word = new byte[64];
            Task breaking = breach switch
            {
                "unknown correlation" => peer.SendAsync(FrameKind.Output, 4711, new byte[5]),
                "two accepts" => TwiceAsync(() =>
                    peer.AcceptAsync(order, order.Order.Deadline)),
                _ => peer.SendAsync(FrameKind.AckStored, order.Correlation, word),
            };
            await breaking;
            await peer.ListenAsync();
        });
        using CancellationTokenSource enough = new();
        OrderRunner runner = Runner(node, s_long);
        Task<OrderOutcome> order = runner.RunAsync(0, Input(0), enough.Token);
        long start = _clock.GetTimestamp();
        await MoveUntilAsync(() => node.Accepted > 2
            && _clock.GetElapsedTime(start) > TimeSpan.FromSeconds(25));
        Assert.False(order.IsCompleted);

        // Every 50 ms would be five hundred.
        Assert.InRange(node.Accepted, 3, 50);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => order);
    }

    [Fact]
    public async Task BrokenStream_BeginsAgain_EachByteShownOnce()
    {
        using HostileNode node = new(async peer =>
        {
            HostileNode.Seen order = (await peer.ReadAsync())!;
            await peer.OutputAsync(order, 1, 1);
            await peer.OutputAsync(order, 2, 2);
            if (peer.Number > 1)
            {
                await peer.OutputAsync(order, 3, 3);
                await peer.ReceiptAsync(order, 1, 2, 3);
                await peer.ListenAsync();
            }
        });
        OrderRunner runner = Runner(node, s_long);
        OrderOutcome outcome = await MoveUntilAsync(runner.RunAsync(0, Input(0), default));
        Assert.Null(outcome.Refusal);
        Assert.Equal([1, 2, 3], _shown);
        Assert.Equal([1, 2, 3], outcome.Output);
    }

    [Fact]
    public async Task BrokenStream_AnotherAnswerThen_IsFound()
    {
        using HostileNode node = new(async peer =>
        {
            HostileNode.Seen order = (await peer.ReadAsync())!;
            await peer.OutputAsync(order, 1, (byte)peer.Number);
        });
        OrderRunner runner = Runner(node, s_long);
        Task<OrderOutcome> order = runner.RunAsync(0, Input(0), default);
        await MoveUntilAsync(() => order.IsCompleted);
        Exception other = await Assert.ThrowsAsync<ClientException>(() => order);
        Assert.Contains("second answer", other.Message, StringComparison.Ordinal);
        Assert.Equal([1], _shown);
    }

    [Fact]
    public async Task Stop_InTheStream_CancelsAndPaysWhatWasDone()
    {
        using CancellationTokenSource stop = new();
        using HostileNode node = new(async peer =>
        {
            HostileNode.Seen order = (await peer.ReadAsync())!;
            await peer.OutputAsync(order, 1, 1);
            Assert.Equal(FrameKind.Cancel, (await peer.ReadAsync())!.Kind);
            await peer.ReceiptAsync(order, 1);
            await peer.ListenAsync();
        });
        OrderRunner runner = Runner(node, s_long, stop);
        OrderOutcome outcome = await Patience.WaitAsync(runner.RunAsync(0, Input(0), default));
        Assert.Null(outcome.Refusal);
        Assert.Equal(1U, outcome.Receipt.Steps);
        Assert.Equal(outcome.Order.Order.HashStruct(), Assert.Single(node.Cancels).OrderHash);
        Assert.True(_journal.TryNextAck(out Ack ack));
        Assert.Equal((UInt128)FakeModel.UnitsPerStep, ack.CumUnits);
    }

    [Fact]
    public async Task LongOrderOnASlowLink_IsNotTakenForSilence()
    {
        using HostileNode node = new(async peer =>
        {
            peer.OnPiece = () => _clock.Advance(TimeSpan.FromMilliseconds(500));
            HostileNode.Seen order = (await peer.ReadAsync())!;
            peer.OnPiece = null;
            await peer.OutputAsync(order, 1, 1, 2, 3);
            await peer.ReceiptAsync(order, 1, 2, 3);
            await peer.ListenAsync();
        })
        {
            ReceiveBytes = HostileNode.Peer.PieceBytes,
        };

        // 16 s of the clock go by before the order is there; silence ends a connection after 5.
        OrderRunner runner = Runner(node, TimeSpan.FromSeconds(10));
        OrderOutcome outcome = await Patience.WaitAsync(runner.RunAsync(
            0, new byte[32 * HostileNode.Peer.PieceBytes], default));
        Assert.Null(outcome.Refusal);
        Assert.Equal(1, node.Accepted);
    }

    [Fact]
    public async Task Stop_WithAnOrderThatWaitsForRoom_IsNeverSent()
    {
        int orders = 0;
        using CancellationTokenSource stop = new();
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using HostileNode node = new(async peer =>
        {
            HostileNode.Seen? first = null;
            while (await peer.ReadAsync() is { } frame)
            {
                if (frame.Kind == FrameKind.Order)
                {
                    orders++;
                    first ??= frame;
                    seen.TrySetResult();
                }
                else if (frame.Kind == FrameKind.Cancel)
                {
                    await peer.OutputAsync(first!, 1, 1);
                    await peer.ReceiptAsync(first!, 1);
                }
            }
        })
        {
            InFlightMax = 1,
        };
        OrderRunner runner = Runner(node, s_long, stop);
        Task<OrderOutcome> sent = runner.RunAsync(0, Input(0), default);
        await seen.Task.WaitAsync(Patience.Default);
        Task<OrderOutcome> waiting = runner.RunAsync(1, Input(1), default);
        await stop.CancelAsync();
        Assert.Null((await Patience.WaitAsync(sent)).Refusal);
        OrderOutcome unsent = await Patience.WaitAsync(waiting);
        Assert.Contains("was not sent", unsent.Refusal, StringComparison.Ordinal);
        Assert.True(unsent.IsStopped);

        // Nor is one that finds room, but begins after the stop.
        OrderOutcome late = await Patience.WaitAsync(runner.RunAsync(2, Input(2), default));
        Assert.True(late.IsStopped);
        Assert.Empty(_journal.Pending());
        Assert.Equal(1, orders);
        Assert.Single(node.Cancels);
    }

    [Fact]
    public async Task Deadline_BeforeAnythingWasSent_CostsNothing()
    {
        using HostileNode node = new(null);
        OrderRunner runner = Runner(node, s_long);
        OrderOutcome unsent = await MoveUntilAsync(runner.RunAsync(0, Input(0), default));
        Assert.Contains("was not sent", unsent.Refusal, StringComparison.Ordinal);
        Assert.False(unsent.IsStopped);
        Assert.Empty(_journal.Pending());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OrderOfAnotherModel_IsAskedForAndHoldsUpNothing(bool isServed)
    {
        Bytes32 other = Keccak256.Hash("another model"u8);
        _journal.Add(seq => PendingOrder.Sign(
            new Order(s_terms.HashStruct(), seq, other, Keccak256.Hash([]), 30, 1_800_000_000,
                OrderFlags.None, default),
            Given.SpendKey, Given.Domain.VouchersSeparator, Input(0)));
        using HostileNode node = new(isServed ? HonestAsync : async peer =>
        {
            HostileNode.Seen asked = (await peer.ReadAsync())!;
            await peer.SendAsync(FrameKind.State, asked.Correlation,
                new StateMessage(default, null, 0, []).Encode());
            HostileNode.Seen order = (await peer.ReadAsync())!;
            await peer.SendAsync(FrameKind.Error, order.Correlation,
                [(byte)RefusalReason.ModelNotPinned, 0]);
            await peer.ListenAsync();
        });
        OrderRunner runner = Runner(node, s_long);
        List<OrderOutcome> done = [];
        await runner.ResumeAsync(done.Add, default).WaitAsync(Patience.Default);
        string line = Assert.Single(done).Refusal!;
        Assert.Equal(isServed, line.Contains($"is of model {other}", StringComparison.Ordinal));
        Assert.Equal(isServed ? 1 : 0, _journal.Pending().Count);
    }

    [Fact]
    public async Task OrderOfAnEarlierRun_IsFinishedAndNotShown()
    {
        InputInfo info = new FakeModel().CheckInput(Input(0).Span);
        _journal.Add(seq => PendingOrder.Sign(
            new Order(s_terms.HashStruct(), seq, new FakeModel().ModelRoot, info.InputRoot,
                info.UnitsMax, 1_800_000_000, OrderFlags.None, default),
            Given.SpendKey, Given.Domain.VouchersSeparator, Input(0)));
        using HostileNode node = new(HonestAsync);
        OrderRunner runner = Runner(node, s_long);
        List<OrderOutcome> done = [];
        Task resuming = runner.ResumeAsync(done.Add, default);
        await resuming.WaitAsync(Patience.Default);
        Assert.Equal((-1, 3U), (Assert.Single(done).Index, done[0].Receipt.Steps));
        Assert.Empty(_shown);
        await Patience.WaitAsync(runner.RunAsync(0, Input(1), default));
        Assert.Equal([1, 2, 3], _shown);
    }

    [Fact]
    public async Task ChannelThatTheNodeDoesNotKnow_IsToldAtOnceAndOwesNothing()
    {
        using HostileNode node = new(async peer =>
        {
            while (await peer.ReadAsync() is { } order)
            {
                await peer.RefuseAsync(order, RefusalReason.ChannelUnknown);
            }
        });
        OrderRunner runner = Runner(node, s_long);
        Task<OrderOutcome> order = runner.RunAsync(0, Input(0), default);
        await Patience.UntilAsync(() => !_notices.IsEmpty);
        WaitNotice notice = _notices.First();
        Assert.Equal("the node does not know this channel yet (finality)", notice.For);
        Assert.InRange(notice.Left, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        OrderOutcome outcome = await MoveUntilAsync(order);
        Assert.StartsWith($"{(ushort)RefusalReason.ChannelUnknown}:", outcome.Refusal,
            StringComparison.Ordinal);
        Assert.Empty(_journal.Pending());
        Assert.InRange(_notices.Count, 1, 3);
    }

    /// <summary>Serves every order, knows nothing of the channel, stores every ack.</summary>
    private static async Task HonestAsync(HostileNode.Peer peer)
    {
        while (await peer.ReadAsync() is { } frame)
        {
            switch (frame.Kind)
            {
                case FrameKind.StateRequest:
                    await peer.SendAsync(FrameKind.State, frame.Correlation,
                        new StateMessage(default, null, 0, []).Encode());
                    break;
                case FrameKind.Ack:
                    Ack ack = frame.Statement<Ack>(0);
                    byte[] stored = new byte[Bytes32.Size + 16];
                    frame.Payload.AsSpan(0, stored.Length).CopyTo(stored);
                    Assert.Equal(s_terms.HashStruct(), ack.Channel);
                    await peer.SendAsync(FrameKind.AckStored, frame.Correlation, stored);
                    break;
                case FrameKind.Order:
                    await peer.OutputAsync(frame, 1, 1, 2, 3);
                    await peer.ReceiptAsync(frame, 1, 2, 3);
                    break;
            }
        }
    }

    private static async Task TwiceAsync(Func<Task> send)
    {
        await send();
        await send();
    }

    private static ReadOnlyMemory<byte> Input(int i) => new byte[] { (byte)i };

    /// <summary>Orders with a deadline of 30 s.</summary>
    private OrderRunner Runner(HostileNode node, TimeSpan patience,
        CancellationTokenSource? stop = null, ulong seconds = 30)
    {
        NodeConnection connection = new(new NodeConnectionOptions
        {
            EndPoint = node.EndPoint,
            Channel = s_terms,
            Domain = Given.Domain,
            SpendKey = Given.SpendKey,
            Patience = patience,
            Time = _clock,
            FillRandom = bytes => bytes.Fill(7),
            OnWait = _notices.Enqueue,
        });
        return new OrderRunner(connection, _journal, new FakeModel(), Given.SpendKey, s_terms,
            Given.Domain.VouchersSeparator, new OrderSettings(seconds, OrderFlags.None, 1024, 0))
        {
            OnOutput = bytes =>
            {
                _shown.AddRange(bytes.Span);
                stop?.Cancel();
            },
            Stop = stop?.Token ?? default,
        };
    }

    private Task MoveUntilAsync(Func<bool> holds) => Patience.UntilAsync(() =>
    {
        _clock.Advance(TimeSpan.FromMilliseconds(200));
        return holds();
    });

    private async Task<T> MoveUntilAsync<T>(Task<T> task)
    {
        await MoveUntilAsync(() => task.IsCompleted);
        return await task;
    }
}
