using System;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>Ledgers, channels and orders for the tests. Signatures are never looked at.</summary>
internal static class Given
{
    public static readonly Signature Signature = new(Enumerable.Repeat((byte)9, 64).ToArray());

    public static LedgerOptions Options => History.Options(LedgerSynchronous.Full);

    public static LedgerStore Open(TemporaryDirectory directory) =>
        LedgerStore.Open(directory.Path, Options);

    public static Bytes32 Hash(byte value) => new(Enumerable.Repeat(value, 32).ToArray());

    public static ChannelRow Channel(
        byte salt = 1, ulong locked = 10_000, byte spendKey = 1) => new()
    {
        Terms = new ChannelTerms(
            default,
            History.Policy.Node,
            new Address(Enumerable.Repeat(spendKey, 20).ToArray()),
            default,
            Hash(salt)),
        Status = ChannelStatus.Open,
        Locked = locked,
    };

    public static Bytes32 Id(ChannelRow row) => row.Terms.HashStruct();

    public static Order Order(ChannelRow row, ulong seq, ulong units = 100, byte root = 1) => new(
        Id(row), seq, Hash(root), Hash(2), units, 1_000, OrderFlags.None, default);

    public static ReserveResult Reserve(LedgerStore store, Order order, byte[]? input = null) =>
        store.Reserve(order, order.HashStruct(), Signature, input ?? [1, 2, 3]);

    /// <summary>Reserves and settles; the units of the receipt are those of the order.</summary>
    public static void Serve(LedgerStore store, Order order, UInt128? units = null)
    {
        Assert.Equal(RefusalReason.None, Reserve(store, order).Refusal);
        Assert.Equal(RefusalReason.None, store.RecordReceipt(Receipt(order, units), Signature));
    }

    public static Receipt Receipt(Order order, UInt128? units = null, uint steps = 1) => new(
        order.HashStruct(), steps, Hash(3), default, units ?? order.MaxUnits);

    public static async Task<AckResult> AckAsync(
        LedgerStore store, ChannelRow row, ulong units, ulong next)
    {
        AckResult result = store.RecordAck(new Ack(Id(row), units, next), Signature);
        if (result.Refusal == RefusalReason.None)
        {
            await result.Durable;
        }

        return result;
    }
}
