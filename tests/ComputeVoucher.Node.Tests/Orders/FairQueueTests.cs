using System;
using System.Collections.Generic;
using System.Threading;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node.Tests;

[Trait("Category", "load")]
public sealed class FairQueueTests
{
    private static readonly Bytes32 s_busy = Keccak256.Hash("busy"u8);
    private static readonly Bytes32 s_quiet = Keccak256.Hash("quiet"u8);

    [Fact]
    public void TryDequeue_BusyAndQuietChannel_InTurn()
    {
        FairQueue queue = new(100);
        for (int i = 0; i < 5; i++)
        {
            queue.Enqueue(Make(s_busy));
        }

        queue.Enqueue(Make(s_quiet));
        List<Bytes32> order = [];
        for (int i = 0; i < 6; i++)
        {
            Assert.True(queue.TryDequeue(out Job? job));
            order.Add(job.Channel);
        }

        Assert.Equal([s_busy, s_quiet, s_busy, s_busy, s_busy, s_busy], order);
        Assert.Equal(0, queue.Count);
    }

    /// <summary>A thousand channels that share what one has locked get together what it gets: the
    /// units count, not the channels.</summary>
    [Fact]
    public void TryDequeue_OneChannelSplitIntoMany_GetsNoMore()
    {
        const int parts = 1000;
        UInt128 units = 1_000;
        UInt128 locked = 1_000_000_000;
        FairQueue queue = new(4 * parts);
        for (int i = 0; i < parts; i++)
        {
            Bytes32 part = Keccak256.Hash(BitConverter.GetBytes(i));
            queue.Enqueue(Make(part, Job.ShareOf(units, locked / parts)));
        }

        for (int i = 0; i < parts; i++)
        {
            queue.Enqueue(Make(s_quiet, Job.ShareOf(units, locked)));
        }

        int quiet = 0;
        for (int i = 0; i < parts; i++)
        {
            Assert.True(queue.TryDequeue(out Job? job));
            quiet += job.Channel == s_quiet ? 1 : 0;
        }

        Assert.InRange(quiet, parts - 1, parts);
    }

    [Fact]
    public void ShareOf_AtTheBounds_IsExactAndNeverNothing()
    {
        UInt128 most = VoucherLimits.UnitsMax;
        Assert.Equal(1, (int)Job.ShareOf(1, most));
        Assert.Equal(1, (int)Job.ShareOf(0, 0));
        Assert.Equal(UInt128.One << 40, Job.ShareOf(most, most));
        Assert.Equal(most << 40, Job.ShareOf(most, 0));
    }

    /// <summary>A node that is full of paid work still answers who asks again, now and then.
    /// </summary>
    [Fact]
    public void TryDequeue_BothLanes_OneInEightIsFromBehind()
    {
        FairQueue queue = new(100);
        for (int i = 0; i < 32; i++)
        {
            queue.Enqueue(Make(s_busy));
            queue.Enqueue(Make(s_quiet, behind: true));
        }

        int behind = 0;
        for (int i = 0; i < 32; i++)
        {
            Assert.True(queue.TryDequeue(out Job? job));
            behind += job.IsBehind ? 1 : 0;
        }

        Assert.Equal(4, behind);
    }

    [Fact]
    public void TryTakePlace_OfTheLaneBehind_TakesNoneOfPaidWork()
    {
        FairQueue queue = new(4);
        Assert.True(queue.TryTakePlace(behind: true));
        Assert.False(queue.TryTakePlace(behind: true));
        for (int i = 0; i < 4; i++)
        {
            Assert.True(queue.TryTakePlace());
        }

        Assert.False(queue.TryTakePlace());
        queue.ReturnPlace(behind: true);
        Assert.False(queue.TryTakePlace());
    }

    [Fact]
    public void TryTakePlace_Full_RefusedUntilReturned()
    {
        FairQueue queue = new(2);
        Assert.True(queue.TryTakePlace());
        Assert.True(queue.TryTakePlace());
        Assert.False(queue.TryTakePlace());
        queue.ReturnPlace();
        Assert.True(queue.TryTakePlace());
    }

    [Fact]
    public void Close_Waiting_DrainsThenEnds()
    {
        FairQueue queue = new(10);
        queue.Enqueue(Make(s_busy));
        int taken = 0;
        Thread worker = new(() =>
        {
            while (queue.TryDequeue(out _))
            {
                taken++;
            }
        });
        worker.Start();
        queue.Close();
        Assert.True(worker.Join(Patience.Default));
        Assert.Equal(1, taken);
        Assert.False(queue.TryTakePlace());
    }

    private static NoJob Make(Bytes32 channel, UInt128? share = null, bool behind = false) =>
        new(behind) { Model = null!, Channel = channel, Share = share ?? 1 };

    private sealed class NoJob(bool behind) : Job
    {
        public override bool IsBehind => behind;

        public override void Run(IModelSession session)
        {
        }

        public override void Fail(Exception failure)
        {
        }
    }
}
