using System;
using ComputeVoucher.Ledger;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.TestKit;

/// <summary>An order of the model.</summary>
public sealed class ModelOrder(Order order)
{
    public Order Order { get; } = order;

    public OrderState State { get; set; } = OrderState.Reserved;

    public Receipt? Receipt { get; set; }

    public uint? CancelSteps { get; set; }

    public ulong? DueAt { get; set; }

    public UInt128 Charge => State switch
    {
        OrderState.Reserved => Order.MaxUnits,
        OrderState.Settled => UInt128.Min(Receipt!.Value.Units, Order.MaxUnits),
        _ => 0,
    };
}
