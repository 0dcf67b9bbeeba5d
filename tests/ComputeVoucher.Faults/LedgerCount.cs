using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Faults;

/// <summary>What a stopped node served, counted order by order from the rows of its ledger and not
/// from its sums.</summary>
internal static class LedgerCount
{
    /// <summary>Every sequence has one order, every order one receipt, and the units of all
    /// receipts are those that were acknowledged.</summary>
    /// <returns>What is wrong, or null.</returns>
    public static async Task<string?> CheckAsync(NodeRig rig, long orders, Int128 acked)
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(rig.PathOf("channel.json")));
        Bytes32 channel = Bytes32.Parse(file.RootElement.GetProperty("id").GetString());
        Address node = Address.Parse(rig.AddressOf("node"));
        using LedgerStore ledger = LedgerStore.Open(rig.PathOf("ledger"), new LedgerOptions
        {
            Identity = new LedgerIdentity(
                ulong.Parse(rig.Deployment("chainId"), CultureInfo.InvariantCulture),
                Address.Parse(rig.Deployment("vouchers")),
                Address.Parse(rig.Deployment("providers")), node),
            Policy = new ServicePolicy { Node = node, Models = FrozenSet<Bytes32>.Empty },
        });
        IReadOnlyList<StoredOrder> stored = await ledger.OrdersAsync(channel, 0, int.MaxValue);
        UInt128 units = 0;
        for (int i = 0; i < stored.Count; i++)
        {
            StoredOrder one = stored[i];
            if (one.Order.Seq != (ulong)i || one.State != OrderState.Settled
                || one.Receipt?.Receipt.OrderHash != one.Order.HashStruct())
            {
                return $"row {i} of the ledger is sequence {one.Order.Seq}, {one.State}, and its "
                    + $"receipt is for {one.Receipt?.Receipt.OrderHash}";
            }

            units += one.Receipt.Receipt.Units;
        }

        int conflicts = (await ledger.ConflictsAsync()).Count;
        return stored.Count == orders && units == (UInt128)acked && conflicts == 0
            ? null
            : $"the ledger holds {stored.Count} orders of {units} units and {conflicts} second "
                + $"orders; the client has {orders} of {acked}";
    }
}
