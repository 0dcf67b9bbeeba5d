using System;
using System.Collections.Generic;
using System.Threading;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

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
            queue.Enqueue(s_busy, Make(s_busy));
        }

        queue.Enqueue(s_quiet, Make(s_quiet));
        List<Bytes32> order = [];
        for (int i = 0; i < 6; i++)
        {
            Assert.True(queue.TryDequeue(out Job? job));
            order.Add(job.Channel);
        }

        Assert.Equal([s_busy, s_quiet, s_busy, s_busy, s_busy, s_busy], order);
        Assert.Equal(0, queue.Count);
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
        queue.Enqueue(s_busy, Make(s_busy));
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

    private static NoJob Make(Bytes32 channel) => new() { Model = null!, Channel = channel };

    private sealed class NoJob : Job
    {
        public override void Run(IModelSession session)
        {
        }

        public override void Fail(Exception failure)
        {
        }
    }
}
