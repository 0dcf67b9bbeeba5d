using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node.Tests.Courts;

/// <summary>A coalition disputes everything that a node has served in 14 days at one moment. What
/// the node has admitted it runs again in time; what it would have admitted without the rule it
/// does not.</summary>
[Trait("Category", "load")]
public sealed class DisputeBudgetTests
{
    /// <summary>Of a side in a dispute, seconds (Clocks.BUDGET).</summary>
    private const double BudgetSeconds = 3.5 * 86_400;

    /// <summary>Units that one worker runs again in a second.</summary>
    private const ulong Rate = 1_000;

    private static readonly Signature s_signature = new(new byte[Signature.Size]);

    private static readonly int s_seeds = Runs.Count(6, 200);

    [Fact]
    public async Task Sim_AllOrdersOf14DaysDisputedAtOnce()
    {
        int crowded = 0;
        for (int seed = 0; seed < s_seeds; seed++)
        {
            Random random = new(seed);
            int workers = random.Next(1, 5);
            (List<Order> admitted, int refused) = await AdmitAsync(random, workers, bounded: true);
            crowded += refused > 0 ? 1 : 0;
            Assert.InRange(LongestAnswer(admitted, workers), 0, BudgetSeconds);
        }

        Assert.True(crowded > s_seeds / 2, $"{crowded} of {s_seeds} nodes were full");
    }

    /// <summary>The control: the same nodes without the rule lose.</summary>
    [Fact]
    public async Task Sim_WithoutTheRule_AnHonestNodeLosesBySilence()
    {
        int lost = 0;
        for (int seed = 0; seed < s_seeds; seed++)
        {
            (List<Order> admitted, _) = await AdmitAsync(new Random(seed), 1, bounded: false);
            lost += LongestAnswer(admitted, 1) > BudgetSeconds ? 1 : 0;
        }

        Assert.True(lost > 0);
    }

    /// <summary>Orders of random channels and lengths, as the ledger takes them.</summary>
    private static async Task<(List<Order> Admitted, int Refused)> AdmitAsync(
        Random random, int workers, bool bounded)
    {
        string directory = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using LedgerStore ledger = LedgerStore.Open(directory, new LedgerOptions
        {
            Identity = new LedgerIdentity(1, default, default, default),
            Policy = new ServicePolicy
            {
                BudgetStartUnits = ulong.MaxValue,
                BudgetUnitsMax = ulong.MaxValue,
                NodeUnackedUnitsMax = ulong.MaxValue,
            },
            Synchronous = LedgerSynchronous.Off,
        });
        ledger.DisputeBounds = bounded
            ? new DisputeBounds(
                Rate * CourtLimits.ReExecutionSeconds * (ulong)workers,
                Rate * CourtLimits.LongestSeconds)
            : DisputeBounds.None;
        List<ChannelTerms> channels = [];
        for (int i = random.Next(8, 60); i > 0; i--)
        {
            ChannelTerms terms = new(
                default, default, default, default, Keccak256.Hash(BitConverter.GetBytes(i)));
            channels.Add(terms);
            await ledger.PutChannel(new ChannelRow
            {
                Terms = terms,
                Status = ChannelStatus.Open,
                Locked = VoucherLimits.UnitsMax,
            });
        }

        List<Order> admitted = [];
        int refused = 0;
        for (ulong seq = 0; seq < 400; seq++)
        {
            // Most are short, some run for half a day.
            double seconds = 43_200 * Math.Pow(random.NextDouble(), 3);
            Order order = new(channels[random.Next(channels.Count)].HashStruct(), seq, default,
                default, (UInt128)(seconds * Rate), 1_000, OrderFlags.None, default);
            RefusalReason refusal = ledger
                .Reserve(order, order.HashStruct(), s_signature, [1]).Refusal;
            Assert.True(refusal is RefusalReason.None or RefusalReason.DisputesFull);
            refused += refusal == RefusalReason.None ? 0 : 1;
            if (refusal == RefusalReason.None)
            {
                admitted.Add(order);
            }
        }

        ledger.Dispose();
        Directory.Delete(directory, recursive: true);
        return (admitted, refused);
    }

    /// <summary>All are disputed at time 0. Of each channel one waits for its first answer at a
    /// time, the node runs what waits longest first, and the time of the next begins when the one
    /// before it is answered.</summary>
    /// <returns>Seconds of the longest wait for a first answer.</returns>
    private static double LongestAnswer(List<Order> orders, int workers)
    {
        Dictionary<Bytes32, Queue<Order>> waiting = [];
        foreach (Order order in orders)
        {
            waiting.TryAdd(order.Channel, new Queue<Order>());
            waiting[order.Channel].Enqueue(order);
        }

        PriorityQueue<Queue<Order>, double> heads = new();
        foreach (Queue<Order> channel in waiting.Values)
        {
            heads.Enqueue(channel, 0);
        }

        PriorityQueue<int, double> free = new();
        for (int i = 0; i < workers; i++)
        {
            free.Enqueue(i, 0);
        }

        double longest = 0;
        while (heads.TryDequeue(out Queue<Order>? channel, out double began))
        {
            free.TryDequeue(out int worker, out double idle);
            double ends = Math.Max(began, idle)
                + (double)channel.Dequeue().MaxUnits / Rate;
            longest = Math.Max(longest, ends - began);
            free.Enqueue(worker, ends);
            if (channel.Count > 0)
            {
                heads.Enqueue(channel, ends);
            }
        }

        return longest;
    }
}
