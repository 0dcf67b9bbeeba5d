using System;
using System.IO;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using ComputeVoucher.Vouchers;
using SQLitePCL;

namespace ComputeVoucher.Watcher.Tests;

/// <summary>What the store keeps, and which orders a share takes.</summary>
public sealed class WatchStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("watch").FullName;

    private string Path => System.IO.Path.Combine(_folder, "watch.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhatWasFound_IsThereAfterARestart()
    {
        (Bytes32 order, Bytes32 stated) = (Keccak256.Hash([1]), Keccak256.Hash([2]));
        using (WatchStore store = WatchStore.Open(Path, seed: ulong.MaxValue))
        {
            Assert.Null(store.FirstBlock);
            store.FirstBlock = 7;
            Assert.False(store.IsSettled(order, stated));
            store.Settle(order, stated);
        }

        using WatchStore again = WatchStore.Open(Path, seed: 1);
        Assert.Equal((ulong.MaxValue, 7UL), (again.Seed, again.FirstBlock));
        Assert.True(again.IsSettled(order, stated));
        // Another statement of the same order is judged anew.
        Assert.False(again.IsSettled(order, Keccak256.Hash([3])));
    }

    [Fact]
    public void SecondWatcher_IsRefused()
    {
        using WatchStore store = WatchStore.Open(Path, 1);
        Assert.Contains("in use", Assert.Throws<WatchException>(
            () => WatchStore.Open(Path, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherFile_IsRefused()
    {
        File.WriteAllText(Path, "no database at all, but long enough to be read as one's header");
        Assert.Throws<WatchException>(() => WatchStore.Open(Path, 1));
    }

    /// <summary>What is kept of a case outlives the process, until the case is over.</summary>
    [Fact]
    public void Case_IsKeptUntilItIsDropped()
    {
        EvidenceBundle bundle = BundleOf(1);
        Bytes32 order = bundle.Ordered().HashStruct();
        using (WatchStore store = WatchStore.Open(Path, 1))
        {
            store.Keep(order, bundle);
            store.Keep(order, bundle with { Refusal = 7 });
            store.Keep(BundleOf(2).Ordered().HashStruct(), BundleOf(2));
        }

        using WatchStore again = WatchStore.Open(Path, 1);
        Assert.Equal(2, again.Cases().Count);
        Assert.Equal(7, again.Case(order)!.Refusal);
        again.Drop(order);
        Assert.Null(again.Case(order));
        Assert.Single(again.Cases());
    }

    /// <summary>A store of before, which knew no cases, is taken over; one of later is refused.
    /// </summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(3, false)]
    public void StoreOfAnotherSchema_IsTakenOver_OrRefused(int schema, bool isTaken)
    {
        using (WatchStore store = WatchStore.Open(Path, 5))
        {
            store.FirstBlock = 9;
        }

        using (sqlite3 file = Sqlite.OpenExisting(Path))
        {
            Execute(file, "DROP TABLE cases");
            Execute(file, $"PRAGMA user_version = {schema}");
        }

        if (!isTaken)
        {
            Assert.Throws<WatchException>(() => WatchStore.Open(Path, 1));
            return;
        }

        using WatchStore again = WatchStore.Open(Path, 1);
        Assert.Equal((5UL, 9UL), (again.Seed, again.FirstBlock));
        Assert.Empty(again.Cases());
    }

    /// <summary>Damage is said by name.</summary>
    [Fact]
    public void DamagedCase_IsSaid()
    {
        EvidenceBundle bundle = BundleOf(1);
        Bytes32 order = bundle.Ordered().HashStruct();
        using WatchStore store = WatchStore.Open(Path, 1);
        store.Keep(order, bundle);
        using (sqlite3 file = Sqlite.OpenExisting(Path))
        {
            Execute(file, "UPDATE cases SET bundle = substr(bundle, 1, 50)");
        }

        Assert.Contains($"{order}", Assert.Throws<WatchException>(
            () => store.Case(order)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1_000_000, 2_000, 2_000)]
    [InlineData(250_000, 400, 600)]
    [InlineData(1, 0, 2)]
    public void Share_TakesAboutSoMany_AndTheSameAgain(int perMillion, int least, int most)
    {
        WatchOptions options = new()
        {
            Domain = new VoucherDomain(1, default, default),
            Evidence = "",
            Account = default,
            SharePerMillion = perMillion,
            Seed = 42,
        };
        int taken = 0;
        for (int i = 0; i < 2_000; i++)
        {
            Bytes32 hash = Keccak256.Hash(BitConverter.GetBytes(i));
            taken += options.Takes(hash) ? 1 : 0;
            Assert.Equal(options.Takes(hash), (options with { Threads = 2 }).Takes(hash));
        }

        Assert.InRange(taken, least, most);
    }

    private static EvidenceBundle BundleOf(ulong seq)
    {
        using PrivateKey key = PrivateKey.FromBytes(Keccak256.Hash("spend"u8).Span);
        VoucherClass terms = default;
        ChannelTerms channel = new(default, default, key.Address, terms.HashStruct(), default);
        Order order = new(
            channel.HashStruct(), seq, default, default, 1, 1, OrderFlags.None, default);
        return new EvidenceBundle
        {
            Domain = new VoucherDomain(1, default, default),
            Class = terms,
            Channel = channel,
            Order = SignedPayload.Encode(order, key.Sign(order.Digest(default))),
            Input = new byte[3],
        };
    }

    private static void Execute(sqlite3 file, string sql)
    {
        using Statement statement = new(file, sql);
        while (statement.Step())
        {
        }
    }
}
