using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Faults;

/// <summary>
/// Clients that each reserve, wait until it is durable, settle and ack, one order after the other:
/// what the ledger alone can do on this disk.
/// </summary>
internal static class Measure
{
    public static int Run(string directory, int orders, int clients)
    {
        LedgerOptions options = History.Options(LedgerSynchronous.Full, 4 << 20) with
        {
            Policy = History.Policy with
            {
                BudgetStartUnits = long.MaxValue,
                BudgetUnitsMax = long.MaxValue,
            },
        };
        LedgerStore store = LedgerStore.Open(directory, options);
        List<Bytes32> channels = [];
        Prng seeded = new((ulong)orders);
        for (int i = 0; i < clients; i++)
        {
            ChannelRow row = new()
            {
                Terms = new ChannelTerms(
                    default, History.Policy.Node, default, default, new Bytes32(seeded.Bytes(32))),
                Status = ChannelStatus.Open,
                Locked = 1_000_000_000_000,
            };
            channels.Add(row.Terms.HashStruct());
            store.PutChannel(row).GetAwaiter().GetResult();
        }

        LedgerFigures before = store.Figures;
        long[] reserveTicks = new long[clients];
        Stopwatch watch = Stopwatch.StartNew();
        Task.WhenAll(Enumerable.Range(0, clients).Select(i => Task.Run(async () =>
            reserveTicks[i] = await ClientAsync(store, channels[i], orders / clients)
                .ConfigureAwait(false)))).GetAwaiter().GetResult();
        watch.Stop();
        store.CheckInvariants();
        LedgerFigures after = store.Figures;
        double seconds = watch.Elapsed.TotalSeconds;
        long commits = after.Commits - before.Commits;
        Console.WriteLine(
            $"{orders} orders, {clients} clients: {orders / seconds:F0} orders/s,"
            + $" {commits / seconds:F0} commits/s,"
            + $" {(after.Acks - before.Acks) / (double)commits:F1}"
            + $" acks per fsync, reserve {Micros(reserveTicks.Sum()) / orders:F1} us");
        store.Dispose();
        watch.Restart();
        LedgerStore.Open(directory, options).Dispose();
        Console.WriteLine($"  opened again, every row verified, in {watch.ElapsedMilliseconds} ms");
        return 0;
    }

    private static async Task<long> ClientAsync(LedgerStore store, Bytes32 channel, int orders)
    {
        long ticks = 0;
        byte[] input = new byte[490];
        Bytes32 root = channel;
        for (int i = 0; i < orders; i++)
        {
            Order order = new(
                channel, (ulong)i, root, root, 1_000, 0, OrderFlags.None, default);
            Bytes32 hash = order.HashStruct();
            long start = Stopwatch.GetTimestamp();
            ReserveResult result = store.Reserve(order, hash, default, input);
            ticks += Stopwatch.GetTimestamp() - start;
            if (result.Refusal != RefusalReason.None)
            {
                throw new InvalidOperationException(result.Refusal.ToString());
            }

            await result.Durable.ConfigureAwait(false);
            store.RecordReceipt(new Receipt(hash, 1, root, default, 900), default);
            Ack ack = new(channel, (UInt128)(900 * (i + 1)), (ulong)i + 1);
            await store.RecordAck(ack, default).Durable.ConfigureAwait(false);
        }

        return ticks;
    }

    private static double Micros(long ticks) => ticks * 1e6 / Stopwatch.Frequency;
}
