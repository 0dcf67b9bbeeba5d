using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// Stages 3 and 4: the order has a place in its queue and a row in the ledger, in memory at once,
/// on the disk while the model runs. From here it is owed.
/// </summary>
internal sealed class ReservedOrder
{
    private readonly ReserveResult _result;

    private ReservedOrder(CheckedOrder order, in ReserveResult result) =>
        (Checked, _result) = (order, result);

    public CheckedOrder Checked { get; }

    public DecodedOrder Decoded => Checked.Decoded;

    /// <summary>The order was there before: answer again, charge nothing.</summary>
    public bool IsReplay => _result.IsReplay;

    /// <summary>Done when the row is on the disk; nothing of an answer may leave before.</summary>
    public Task Durable => _result.Durable;

    /// <summary>Steps of a stored cancel of an order that is answered again.</summary>
    public uint? CancelSteps => _result.CancelSteps;

    /// <summary>An earlier run has decided how the order ends.</summary>
    public bool IsDecided => CancelSteps is not null || _result.Receipt is not null;

    public static Stage<ReservedOrder> Reserve(Serving serving, CheckedOrder order)
    {
        FairQueue queue = serving.QueueOf(order.Model);
        if (!queue.TryTakePlace())
        {
            return RefusalReason.Overloaded;
        }

        DecodedOrder decoded = order.Decoded;
        ReserveResult result = serving.Ledger.Reserve(
            decoded.Order, decoded.Hash, decoded.Signature, decoded.Stream.Input.Span);
        if (result.Refusal != RefusalReason.None)
        {
            queue.ReturnPlace();
            return result.Refusal;
        }

        return new ReservedOrder(order, result);
    }
}
