using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// Stage 7: the receipt is signed and recorded, and the order that pays for it is on the disk. Only
/// now may the answer be completed.
/// </summary>
internal sealed class DoneOrder
{
    private readonly ReservedOrder _order;
    private readonly Receipt _receipt;
    private readonly Signature _signature;

    private DoneOrder(ReservedOrder order, in Receipt receipt, in Signature signature) =>
        (_order, _receipt, _signature) = (order, receipt, signature);

    /// <exception cref="ComputeVoucher.Ledger.LedgerException">The disk did not take the order.
    /// </exception>
    public static async Task<Stage<DoneOrder>> SettleAsync(
        Serving serving, ReservedOrder order, RunResult result)
    {
        Receipt receipt = new(order.Decoded.Hash, result.Steps, result.OutputRoot,
            result.TraceRoot, result.Units);
        Signature signature = serving.NodeKey.Sign(receipt.Digest(serving.Separator));
        RefusalReason refusal = serving.Ledger.RecordReceipt(receipt, signature);
        await order.Durable.ConfigureAwait(false);
        return refusal == RefusalReason.None ? new DoneOrder(order, receipt, signature) : refusal;
    }

    /// <summary>Stage 8: what ends the answer.</summary>
    public void SendReceipt() =>
        _order.Decoded.Stream.SendReceipt(SignedPayload.Encode(_receipt, _signature));
}
