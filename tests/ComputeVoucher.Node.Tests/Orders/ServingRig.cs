using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComputeVoucher.Node.Tests;

/// <summary>What a pipeline needs, with one open channel and a ledger on the disk; jobs wait in
/// <see cref="Queue"/> until a test runs them.</summary>
internal sealed class ServingRig : IDisposable
{
    /// <summary>Of paid work.</summary>
    public const int Places = 16;

    public static readonly byte[] Input = [7];

    private readonly string _directory =
        Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    /// <param name="inputBytesMax">Of the model.</param>
    /// <param name="inputStoreMax">Bytes of inputs that the node keeps.</param>
    /// <param name="hasCourt">Whether its orders may be disputed.</param>
    /// <param name="pace">What is known of this machine.</param>
    public ServingRig(int inputBytesMax = 1024, long inputStoreMax = 1 << 20,
        bool hasCourt = false, Pace? pace = null)
    {
        Model = new FakeModel { InputBytesMax = inputBytesMax };
        VoucherClass terms = new(
            default, 1, ulong.MaxValue / 2, 30 * 86_400, 0, 0, 0, default,
            hasCourt ? NodeKey.Address : default);
        ServicePolicy policy = new ServicePolicy
        {
            Node = NodeKey.Address,
            Models = FrozenSet.Create(Model.ModelRoot),
            NodeInputBytesMax = inputStoreMax,
        }.WithClasses([terms]);
        Ledger = LedgerStore.Open(_directory, new LedgerOptions
        {
            Identity = new LedgerIdentity(1, default, default, NodeKey.Address),
            Policy = policy,
        });
        Terms = new ChannelTerms(
            default, NodeKey.Address, SpendKey.Address, terms.HashStruct(), default);
        _ = Ledger.PutChannel(new ChannelRow
        {
            Terms = Terms,
            Status = ChannelStatus.Open,
            Locked = 1_000_000,
        });
        Serving = new Serving
        {
            Ledger = Ledger,
            Policy = policy,
            Domain = new VoucherDomain(1, default, default),
            NodeKey = NodeKey,
            Models = new Dictionary<Bytes32, IModel> { [Model.ModelRoot] = Model }
                .ToFrozenDictionary(),
            Graphs = new FairQueue(1),
            Streams = Queue,
            Metrics = new Metrics(),
            Log = NullLogger.Instance,
            Time = Clock,
            Pace = pace ?? new Pace(1),
            NotAccepting = () => RefusalReason.None,
        };
        Pipeline = new Pipeline(Serving);
    }

    public PrivateKey NodeKey { get; } = PrivateKey.FromBytes(Keccak256.Hash("node"u8).Span);

    public PrivateKey SpendKey { get; } = PrivateKey.FromBytes(Keccak256.Hash("spend"u8).Span);

    public FakeModel Model { get; }

    public ManualClock Clock { get; } = new();

    public ChannelSums Sums => Ledger.Channel(Terms.HashStruct())!.Sums;

    public FairQueue Queue { get; } = new(Places);

    public LedgerStore Ledger { get; }

    public Serving Serving { get; }

    public Pipeline Pipeline { get; }

    public ChannelTerms Terms { get; }

    public void Dispose()
    {
        Ledger.Dispose();
        NodeKey.Dispose();
        SpendKey.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>The struct with its signature, as it travels.</summary>
    public byte[] Sign<T>(T value, PrivateKey? key = null)
        where T : struct, ISignedStruct<T> => SignedPayload.Encode(
            value, (key ?? SpendKey).Sign(value.Digest(Serving.Separator)));

    public Order NewOrder(ulong seq = 0, OrderFlags flags = OrderFlags.None) => new(
        Terms.HashStruct(), seq, Model.ModelRoot, Keccak256.Hash(Input),
        FakeModel.Steps * FakeModel.UnitsPerStep, Serving.Now + 60, flags, default);

    /// <summary>Of another process over the same ledger, which remembers nothing else.</summary>
    public Pipeline NewPipeline() => new(Serving);

    /// <summary>An order that is on the disk, and that no process works on.</summary>
    public async Task<StoredOrder> LeftBehindAsync(Order order)
    {
        byte[] signed = Sign(order);
        await Ledger.Reserve(order, order.HashStruct(),
            new Signature(signed.AsSpan(Order.PayloadBytes)), Input).Durable;
        return (await Ledger.OrderAsync(order.HashStruct()))!;
    }

    /// <summary>Runs what it left behind.</summary>
    public void Resume(Pipeline pipeline, StoredOrder stored)
    {
        Assert.Equal(1, pipeline.Resume([stored]));
        Assert.True(TryWork());
    }

    public async Task<FakeExchange> SendAsync(Order order, Pipeline? pipeline = null)
    {
        FakeExchange stream = StreamOf(order);
        await (pipeline ?? Pipeline).OnOrderAsync(stream);
        Assert.Null(stream.Error);
        return stream;
    }

    /// <summary>As it arrives, on a connection of its own.</summary>
    public FakeExchange StreamOf(Order order, bool hasRoom = true, PrivateKey? key = null)
    {
        byte[] signed = Sign(order, key);
        return new FakeExchange
        {
            Order = signed.AsMemory(0, Order.PayloadBytes),
            Signature = signed.AsMemory(Order.PayloadBytes),
            Input = Input,
            HasRoom = hasRoom,
        };
    }

    /// <summary>The job that waits longest, and what its client hears.</summary>
    public async Task<byte[]?> RunNextAsync(FakeExchange stream)
    {
        Assert.True(TryWork());
        return await stream.Answer.WaitAsync(Patience.Default);
    }

    /// <summary>What a worker does with the next job; false where there is none.</summary>
    public bool TryWork(Exception? failure = null)
    {
        if (!Queue.TryDequeue(out Job? job, wait: false))
        {
            return false;
        }

        if (failure is null)
        {
            job.Run(Model);
        }
        else
        {
            job.Fail(failure);
        }

        Queue.ReturnPlace(job.IsBehind);
        return true;
    }

    /// <summary>Nothing waits or runs, and every place is free, and no more than there were.
    /// </summary>
    public async Task CheckPlacesAsync()
    {
        await Patience.UntilAsync(() => Pipeline.InFlight == 0);
        Assert.Equal(0, Queue.Count);
        CheckLane(behind: false, Places);
        CheckLane(behind: true, Places / 4);
    }

    private void CheckLane(bool behind, int places)
    {
        for (int i = 0; i < places; i++)
        {
            Assert.True(Queue.TryTakePlace(behind));
        }

        Assert.False(Queue.TryTakePlace(behind));
        for (int i = 0; i < places; i++)
        {
            Queue.ReturnPlace(behind);
        }
    }
}
