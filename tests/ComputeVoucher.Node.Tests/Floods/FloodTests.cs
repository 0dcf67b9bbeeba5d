using System;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node.Tests;

/// <summary>
/// Floods over real sockets beside an honest client, which loses no order; afterwards bytes, places
/// and descriptors are back. Counts, not times.
/// </summary>
[Collection("floods")]
[Trait("Category", "load")]
public sealed class FloodTests : IAsyncLifetime
{
    /// <summary>Of each flood; the honest client orders once in each round.</summary>
    private static readonly int s_rounds = Runs.Count(40, 400);

    private FloodRig _rig = null!;
    private Order _served;
    private int _descriptors;
    private int _runs;

    public async Task InitializeAsync()
    {
        _rig = await FloodRig.StartAsync();
        _descriptors = FloodRig.Descriptors();
        _served = await _rig.OrderAsync();
        _runs = _rig.Rig.Model.Runs;
    }

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    /// <summary>The payer's trace is computed once at most, a stranger's never.</summary>
    [Fact]
    public async Task F3_Traces()
    {
        await FloodAsync(FloodKind.Traces);
        Assert.InRange(_rig.Rig.Model.Runs - _runs, s_rounds + 1, s_rounds + 2);
    }

    [Fact]
    public async Task F4_UnfinishedFrames()
    {
        await FloodAsync(FloodKind.UnfinishedFrames, () =>
            Assert.InRange(_rig.Server.Figures.HeldBytesOfStrangers, 1,
                FloodRig.Limits.HeldBytesStrangersMax));
        Assert.True(_rig.Server.Figures.ConnectionsEvictedTotal > 0);
    }

    /// <summary>No run more than the honest client's.</summary>
    [Fact]
    public async Task F7_Replays()
    {
        await FloodAsync(FloodKind.Replays);
        Assert.Equal(s_rounds + 1, _rig.Rig.Model.Runs - _runs);
    }

    /// <summary>The honest client's own address burns its tokens: who has paid is not shut out.
    /// </summary>
    [Fact]
    public async Task F10_BadSignaturesFromTheSameAddress()
    {
        await FloodAsync(FloodKind.BadSignatures);
        Assert.True(_rig.Server.Figures.ConnectionsRefusedTotal > 0);
    }

    [Fact]
    public async Task F11_IdleConnections()
    {
        await FloodAsync(FloodKind.IdleConnections, keep: int.MaxValue);
        Assert.True(_rig.Server.Figures.ConnectionsEvictedTotal
            >= (s_rounds * 10) - FloodRig.Limits.ConnectionsMax);
    }

    [Theory]
    [InlineData(FloodKind.HalfHeaders)]
    [InlineData(FloodKind.ComeAndGo)]
    [InlineData(FloodKind.Pings)]
    [InlineData(FloodKind.CancelsForNothing)]
    [InlineData(FloodKind.OrdersOfNoChannel)]
    public async Task Own_Floods(FloodKind kind) => await FloodAsync(kind);

    /// <summary>A piece of the flood, then an order of the honest client, in turns.</summary>
    /// <param name="kind">Of the flood.</param>
    /// <param name="flooded">Looks while the flooder is there.</param>
    /// <param name="keep">How many connections stay open: the node never lets go of payers.</param>
    private async Task FloodAsync(
        FloodKind kind, Action? flooded = null, int keep = 150)
    {
        using (Flooder flooder = _rig.NewFlooder(_served, keep))
        {
            for (int i = 0; i < s_rounds; i++)
            {
                flooder.Send(kind, i);
                await _rig.OrderAsync();
            }

            flooded?.Invoke();
        }

        await _rig.CheckAsync(_descriptors);
    }
}

[CollectionDefinition("floods", DisableParallelization = true)]
public sealed class FloodsCollection;
