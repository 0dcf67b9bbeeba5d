using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>
/// The life that the golden ledger of schema 1 had: every table but the outbox is filled, in every
/// state that an order can have. Lived again on today's ledger, it must read the same.
/// </summary>
internal static class GoldenLife
{
    /// <summary>Bytes of the longest input: longer than what schema 1 hashed whole.</summary>
    private const int InputBytes = 1_500;

    public static readonly ChannelRow Busy = Given.Channel(1) with
    {
        Redeemed = 70,
        Mirror = new byte[] { 1, 2, 3, 4, 5 },
    };

    public static readonly ChannelRow Leaving = Given.Channel(2, 500, spendKey: 2) with
    {
        Status = ChannelStatus.Pending,
        ThawAt = 1_800_000_000,
    };

    private static readonly string[] s_settings = ["cursor", "note", "ledger.identity"];

    public static async Task LiveAsync(LedgerStore store)
    {
        await store.PutChannel(Busy);
        await store.PutChannel(Leaving);
        Given.Serve(store, Given.Order(Busy, 0));
        await Given.AckAsync(store, Busy, 100, 1);
        Order settled = Given.Order(Busy, 1, 200);
        Given.Reserve(store, settled);
        await store.RecordAccept(new Accept(settled.HashStruct(), 999), Given.Signature, out _);
        Assert.Equal(
            RefusalReason.None, store.RecordReceipt(Given.Receipt(settled, 150), Given.Signature));
        Order running = Given.Order(Busy, 2);
        byte[] input = new byte[InputBytes];
        Array.Fill(input, (byte)0xA5);
        await Given.Reserve(store, running, input).Durable;
        await store.RecordCancel(new Cancel(running.HashStruct()), Given.Signature, 5, out _);
        Order released = Given.Order(Busy, 3, 1);
        await Given.Reserve(store, released, []).Durable;
        Assert.Equal(RefusalReason.None, store.ReleaseOrder(released.HashStruct()));
        Given.Reserve(store, Given.Order(Busy, 1, 7, root: 9));
        await store.RecordRelease(new Release(Given.Id(Leaving), 0), Given.Signature, out _);
        await store.PutSetting("cursor", [0, 0, 0, 7]);
        await store.PutSetting("note", []);
        await store.FlushAsync();
    }

    /// <summary>All that the ledger's reads say, a fact a line.</summary>
    public static async Task<string> ReadAsync(LedgerStore store)
    {
        StringBuilder text = new();
        void Say(FormattableString fact) =>
            text.Append(fact.ToString(CultureInfo.InvariantCulture)).Append('\n');
        List<Bytes32> hashes = [];
        foreach (ChannelRow row in (ChannelRow[])[Busy, Leaving])
        {
            ChannelState state = store.Channel(Given.Id(row))!;
            Say($"{state.Id} {state.Row.Terms} {state.Row.Status} {state.Row.Locked}");
            Say($"{state.Row.Redeemed} {state.Row.ThawAt} {Hex(state.Row.Mirror.Span)}");
            Say($"{state.Ack} {state.AckSignature} {state.Release} {state.Sums}");
            foreach (StoredOrder order in await store.OrdersAsync(state.Id, 0, 100))
            {
                hashes.Add(order.Hash);
            }
        }

        hashes.Add(Given.Order(Busy, 3, 1).HashStruct());
        foreach (Bytes32 hash in hashes)
        {
            StoredOrder order = (await store.OrderAsync(hash))!;
            Say($"{order.Hash} {order.Order} {order.Signature} {order.State}");
            Say($"{Hex(store.Input(hash))} {order.CancelSteps} {order.Accept} {order.Receipt}");
        }

        foreach (StoredConflict conflict in await store.ConflictsAsync())
        {
            Say($"{conflict}");
        }

        foreach (string name in s_settings)
        {
            Say($"{name} {Hex(store.Setting(name))}");
        }

        return text.ToString();
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
