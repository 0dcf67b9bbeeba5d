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

    private ReservedOrder(CheckedOrder order, in ReserveResult result, bool hasPlace) =>
        (Checked, _result, HasPlace) = (order, result, hasPlace);

    public CheckedOrder Checked { get; }

    public DecodedOrder Decoded => Checked.Decoded;

    /// <summary>The order was there before: answer again, charge nothing.</summary>
    public bool IsReplay => _result.IsReplay;

    /// <summary>Done when the row is on the disk; nothing of an answer may leave before.</summary>
    public Task Durable => _result.Durable;

    /// <summary>Steps of a stored cancel of an order that is answered again.</summary>
    public uint? CancelSteps => _result.CancelSteps;

    /// <summary>The order has its receipt.</summary>
    public bool IsSettled => _result.Receipt is not null;

    /// <summary>A place for paid work is taken for it; what is asked again takes one only where it
    /// has to be run.</summary>
    public bool HasPlace { get; }

    public static Stage<ReservedOrder> Reserve(Serving serving, CheckedOrder order)
    {
        FairQueue queue = serving.QueueOf(order.Model);
        bool hasPlace = !order.IsReplay;
        if (hasPlace && !queue.TryTakePlace())
        {
            return RefusalReason.Overloaded;
        }

        DecodedOrder decoded = order.Decoded;
        ReserveResult result = serving.Ledger.Reserve(
            decoded.Order, decoded.Hash, decoded.Signature, decoded.Stream.Input.Span);
        if (hasPlace && (result.IsReplay || result.Refusal != RefusalReason.None))
        {
            queue.ReturnPlace();
            hasPlace = false;
        }

        return result.Refusal == RefusalReason.None
            ? new ReservedOrder(order, result, hasPlace)
            : result.Refusal;
    }
}
