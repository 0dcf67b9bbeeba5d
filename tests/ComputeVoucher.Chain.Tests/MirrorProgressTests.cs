using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Whoever asks why a node is not ready is told how far its mirror is, while a step
/// runs.</summary>
[Trait("Category", "load")]
public sealed class MirrorProgressTests
{
    [Fact]
    public async Task Health_WhileStepsRun_CountsSliceBySlice()
    {
        using MirrorBench bench = new();
        using PrivateKey payer = PrivateKey.Parse(AnvilProcess.Keys[0]);
        using Outbox outbox = new(
            bench.Rpc, new DyingOutboxStore(), payer, AnvilFixture.Options(), bench.Clock);
        WatchedStore store = new(bench.Store);
        ChainService service = Service(bench, store, payer, outbox);
        Assert.Equal("mirroring", service.Health.Problem);
        store.Look = () => service.Health.Problem;
        bench.Open(2_600);
        Assert.False((await service.Mirror.StepAsync(default)).IsWhole);
        Assert.Equal("mirroring 2,000 of 2,600", service.Health.Problem);
        Assert.True((await service.Mirror.StepAsync(default)).IsWhole);
        Assert.Null(service.Mirror.Progress);
        string[] seen =
        [
            "mirroring 0 of 2,600", "mirroring 250 of 2,600", "mirroring 500 of 2,600",
            "mirroring 750 of 2,600", "mirroring 1,000 of 2,600", "mirroring 1,250 of 2,600",
            "mirroring 1,500 of 2,600", "mirroring 1,750 of 2,600", "mirroring 2,000 of 2,600",
            "mirroring 2,250 of 2,600", "mirroring 2,500 of 2,600",
        ];
        Assert.Equal(seen, store.Seen);
    }

    private static ChainService Service(
        MirrorBench bench, WatchedStore store, PrivateKey payer, Outbox outbox) => new(
        new EndpointGuard(bench.Rpc, AnvilFixture.ChainId, default),
        new ChannelMirror(
            bench.Rpc, bench.Contract, store, bench.NewTerms().Node, bench.Options),
        new Redeemer(
            bench.Store.States, _ => null,
            new BatchBuilder(bench.Rpc, bench.Contract, payer.Address), outbox, bench.Rpc,
            bench.Contract.Address, new RedeemerOptions(), bench.Clock),
        outbox,
        new ChainServiceOptions(),
        bench.Clock);

    /// <summary>Remembers what was said at each write, without repetitions.</summary>
    private sealed class WatchedStore(IMirrorStore inner) : IMirrorStore
    {
        public Func<string?> Look { get; set; } = () => null;

        public List<string?> Seen { get; } = [];

        public IReadOnlyList<ChannelRow> Channels() => inner.Channels();

        public Task PutChannelAsync(ChannelRow row)
        {
            string? line = Look();
            if (Seen.Count == 0 || Seen[^1] != line)
            {
                Seen.Add(line);
            }

            return inner.PutChannelAsync(row);
        }

        public byte[]? Cursor() => inner.Cursor();

        public Task PutCursorAsync(ReadOnlyMemory<byte> cursor) => inner.PutCursorAsync(cursor);
    }
}
