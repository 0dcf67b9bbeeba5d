using System;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>A look over whole tables takes as long as there are orders, and holds up nobody who
/// asks for one of them.</summary>
[Trait("Category", "load")]
public sealed class LookupTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LedgerStore _store;
    private readonly ChannelRow _row = Given.Channel();

    public LookupTests() => _store = Given.Open(_directory);

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }

    /// <summary>An acked order is on the disk only, and is asked for again, looked up, and opened,
    /// while a scan stands still.</summary>
    [Fact]
    public async Task Lookups_WhileAllOrdersAreScanned_DoNotWait()
    {
        Order acked = await AckedAsync();
        Assert.True(await Patience.WaitAsync(Task.Run(
            () => _store.Scan(_ => Ends(LookUpAsync(acked))))));
    }

    /// <summary>Nor does whoever scans: neither takes what the other holds.</summary>
    [Fact]
    public async Task Prune_WhileAnOrderIsLookedUp_DoesNotWait()
    {
        await AckedAsync();
        Assert.True(await Patience.WaitAsync(Task.Run(
            () => _store.Read(_ => Ends(PruneAsync())))));
        Assert.Null(await _store.OrderAsync(Given.Order(_row, 0).HashStruct()));
    }

    /// <summary>Waited for under the lock that it must not need.</summary>
    private static bool Ends(Task other) => other.Wait(Patience.Default);

    private async Task LookUpAsync(Order acked)
    {
        await Task.Yield();
        Assert.True(Given.Reserve(_store, acked).IsReplay);
        Assert.Equal(SequenceUse.Same,
            _store.View(acked.Channel, acked.Seq, acked.HashStruct()).SequenceUse);
        Assert.NotNull(await _store.OrderAsync(acked.HashStruct()));
        Assert.NotEmpty(_store.Input(acked.HashStruct()));
    }

    private async Task PruneAsync()
    {
        await Task.Yield();
        Assert.Equal(1, await _store.PruneAsync(9_000, 1));
        await _store.LookAsync(9_000);
    }

    private async Task<Order> AckedAsync()
    {
        Order order = Given.Order(_row, 0);
        await _store.PutChannel(_row);
        Given.Serve(_store, order);
        await Given.AckAsync(_store, _row, 100, 1);
        return order;
    }
}
