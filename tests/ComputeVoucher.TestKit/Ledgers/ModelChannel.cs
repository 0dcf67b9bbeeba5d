using System;
using System.Collections.Generic;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.TestKit;

/// <summary>A channel of the model: every sum is computed from its orders, every time.</summary>
public sealed class ModelChannel(Bytes32 id)
{
    public Bytes32 Id { get; } = id;

    public ChannelRow Row { get; set; } = null!;

    public Ack? Ack { get; set; }

    public UInt128? Released { get; set; }

    public SortedDictionary<ulong, ModelOrder> Orders { get; } = [];

    public UInt128 Acked => Ack?.CumUnits ?? 0;

    public ulong NextSeq => Ack?.NextSeq ?? 0;

    public UInt128 Unacked => Sum(o => o.Order.Seq >= NextSeq ? o.Charge : 0);

    public ChannelSums Sums => new(
        Sum(o => o.Order.MaxUnits),
        Sum(o => o.State == OrderState.Reserved ? o.Order.MaxUnits : 0),
        Sum(o => o.State == OrderState.Settled ? o.Charge : 0),
        Sum(o => o.State == OrderState.Reserved ? 0 : o.Order.MaxUnits - o.Charge),
        Acked,
        NextSeq,
        Unacked);

    private UInt128 Sum(Func<ModelOrder, UInt128> of)
    {
        UInt128 sum = 0;
        foreach (ModelOrder order in Orders.Values)
        {
            sum += of(order);
        }

        return sum;
    }
}
