using System;
using System.IO;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

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
}
