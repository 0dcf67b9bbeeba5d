using System.Threading.Tasks;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>
/// Stage 7: the receipt is signed and recorded, and the order that pays for it is on the disk. Only
/// now may the answer be completed, to whoever asks for it.
/// </summary>
/// <param name="Result">What was computed.</param>
/// <param name="Receipt">Signed, as it is sent.</param>
internal sealed record DoneOrder(RunResult Result, byte[] Receipt)
{
    /// <summary>Bytes of an answer.</summary>
    public long Bytes => Result.Output.Length + Receipt.Length;

    /// <summary>Stores the receipt once more, where a full disk took it back: what was served is
    /// owed.</summary>
    public RefusalReason Record(Serving serving)
    {
        RefusalReason refusal = SignedPayload.Decode(
            Receipt, out Receipt receipt, out Signature signature);
        return refusal == RefusalReason.None
            ? serving.Ledger.RecordReceipt(receipt, signature)
            : refusal;
    }

    /// <summary>A function of the order and its result, whenever and however often it is made.
    /// </summary>
    public static Receipt ReceiptOf(in Bytes32 orderHash, RunResult result) => new(
        orderHash, result.Steps, result.OutputRoot, result.TraceRoot, result.Units);

    /// <exception cref="ComputeVoucher.Ledger.LedgerException">The disk did not take the order.
    /// </exception>
    public static async Task<Stage<DoneOrder>> SettleAsync(
        Serving serving, Bytes32 orderHash, RunResult result, Task durable)
    {
        Receipt receipt = ReceiptOf(orderHash, result);
        Signature signature = serving.NodeKey.Sign(receipt.Digest(serving.Separator));
        RefusalReason refusal = serving.Ledger.RecordReceipt(receipt, signature);
        await durable.ConfigureAwait(false);
        return refusal == RefusalReason.None
            ? new DoneOrder(result, SignedPayload.Encode(receipt, signature))
            : refusal;
    }
}
