using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>An order with what it stands on: Order.sol.</summary>
/// <param name="Signature">The spend key's, over the order; void for a contract, whose order is
/// recorded.</param>
public readonly record struct Brief(
    VoucherClass Class, ChannelTerms Channel, Order Order, Signature Signature);

/// <summary>What a node signed about the result of an order, a Receipt or a TraceRoot:
/// Statement.sol.</summary>
/// <param name="OutputRoot">Zero of a TraceRoot.</param>
/// <param name="Units">Zero of a TraceRoot.</param>
public sealed record SignedStatement(
    bool IsReceipt,
    Bytes32 OrderHash,
    uint Steps,
    Bytes32 OutputRoot,
    Bytes32 TraceRoot,
    UInt128 Units,
    Signature Signature)
{
    public static SignedStatement Of(in Receipt receipt, in Signature signature) => new(
        true,
        receipt.OrderHash,
        receipt.Steps,
        receipt.OutputRoot,
        receipt.TraceRoot,
        receipt.Units,
        signature);

    public static SignedStatement Of(in TraceRootStatement statement, in Signature signature) =>
        new(
            false,
            statement.OrderHash,
            statement.Steps,
            default,
            statement.TraceRoot,
            0,
            signature);
}
