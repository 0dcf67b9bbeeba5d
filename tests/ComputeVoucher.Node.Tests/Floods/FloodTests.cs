using System;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
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

    public Task InitializeAsync() => StartAsync(isTunnelled: false);

    private async Task StartAsync(bool isTunnelled)
    {
        _rig = await FloodRig.StartAsync(isTunnelled);
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
        long most = 0;
        await FloodAsync(FloodKind.UnfinishedFrames, () =>
        {
            most = Math.Max(most, _rig.Server.Figures.HeldBytesOfStrangers);
            return Task.CompletedTask;
        });
        Assert.InRange(most, 1, FloodRig.Limits.HeldBytesStrangersMax);
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

    /// <summary>Answers that their payer does not read stay within what one payer may hold. The
    /// order among them was paid: whoever asks for it again gets it, and it is neither run nor
    /// charged twice.</summary>
    [Fact]
    public async Task Own_UnreadAnswers()
    {
        const ulong Earlier = 100;
        _served = await _rig.ServeOtherAsync(Earlier);
        long most = 0;
        await FloodAsync(FloodKind.UnreadAnswers, async () =>
        {
            await Patience.UntilAsync(
                () => _rig.Server.Figures.UnsentBytes <= FloodRig.Limits.HeldBytesPerAddressMax,
                () => _rig.Server.Figures.ToString());
            most = Math.Max(most, _rig.Server.Figures.UnsentBytes);
            await _rig.CheckOtherAsync(_served);
        });
        Assert.True(most > FloodRig.Limits.HeldBytesPerAddressMax / 2, $"{most} bytes waited");
        Assert.Equal(s_rounds + (int)Earlier + 2, _rig.Rig.Model.Runs - _runs);
        ChannelState other = _rig.Rig.Ledger.Channel(_rig.Other.HashStruct())!;
        Assert.Equal((UInt128)((Earlier + 1) * 30), other.Sums.Unacked);
        await Patience.UntilAsync(() => _rig.Server.Figures.UnsentBytes == 0);
    }

    /// <summary>The honest client comes from the same address as all of them, and so do newcomers;
    /// what its own address beyond the tunnel is accused of costs the client nothing.</summary>
    [Fact]
    public async Task Own_StrangersBehindTheHonestClientsTunnel()
    {
        await _rig.DisposeAsync();
        await StartAsync(isTunnelled: true);
        await FloodAsync(FloodKind.Tunnelled, () => _rig.CheckNewcomerAsync(_served));
        Assert.True(_rig.Server.Figures.ConnectionsRefusedTotal > 0);
    }

    /// <summary>A piece of the flood, then an order of the honest client, in turns.</summary>
    /// <param name="kind">Of the flood.</param>
    /// <param name="flooded">Looks while the flooder is there, after each piece.</param>
    /// <param name="keep">How many connections stay open: the node never lets go of payers.</param>
    private async Task FloodAsync(
        FloodKind kind, Func<Task>? flooded = null, int keep = 150)
    {
        using (Flooder flooder = _rig.NewFlooder(_served, keep))
        {
            for (int i = 0; i < s_rounds; i++)
            {
                flooder.Send(kind, i);
                await _rig.OrderAsync();
                await (flooded?.Invoke() ?? Task.CompletedTask);
            }
        }

        await _rig.CheckAsync(_descriptors);
    }
}

[CollectionDefinition("floods", DisableParallelization = true)]
public sealed class FloodsCollection;
