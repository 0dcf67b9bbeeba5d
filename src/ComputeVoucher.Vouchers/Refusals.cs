using System.Collections.Generic;

namespace ComputeVoucher.Vouchers;

/// <summary>
/// What goes with a number: the line (what is wrong, and the remedy), and whether the sender may
/// send the same again (<c>Retry</c>), need not (<c>Final</c>), or is cut off (<c>Abuse</c>).
/// </summary>
public static class Refusals
{
    private static readonly Table s_rows =
        new Table
        {
            [RefusalReason.None] = Final("not refused"),
            [RefusalReason.PayloadSize] = Final(
                "the payload has another length than its type; "
                + "send the fixed-width bytes of the type and 64 bytes of signature"),
            [RefusalReason.UnitsOverLimit] = Final("units above 2^63 - 1; ask for fewer units"),
            [RefusalReason.FlagsUnknown] = Final(
                "a flag bit that version 2 does not have; clear every bit but 0 to 3"),
            [RefusalReason.ExtensionUnsupported] = Final(
                "a nonzero extension; set the extension to zero"),
            [RefusalReason.InputSize] = Final(
                "the input is longer than this node takes; send a shorter input"),
            [RefusalReason.ProofUnavailable] = Final(
                "this node makes no proofs; clear the flag bits 2 and 3"),
            [RefusalReason.ChannelUnknown] = Retry(
                "this node knows no such channel; "
                + "open it on chain for this node, or wait until the node has seen it"),
            [RefusalReason.ChannelNotFinal] = Retry(
                "the opening of the channel is not final yet; try again after finality"),
            [RefusalReason.ChannelClosed] = Final("the channel is closed; open another channel"),
            [RefusalReason.ChannelReleased] = Final(
                "the node has signed a release for the channel; close it and open another"),
            [RefusalReason.ChannelOfOtherNode] = Final(
                "the channel is bound to another node key; ask the node that it names"),
            [RefusalReason.ClassNotPinned] = Final(
                "the node does not serve this class; "
                + "use a voucher of a class that the node lists"),
            [RefusalReason.ModelNotPinned] = Final(
                "the node does not serve this model; ask for a model that the node lists"),
            [RefusalReason.DeadlinePassed] = Final(
                "the deadline is over; "
                + "sign an order of the next sequence with a later deadline"),
            [RefusalReason.DeadlineTooFar] = Final(
                "the deadline is beyond the order horizon; "
                + "sign the order with an earlier deadline"),
            [RefusalReason.DeadlineAfterThaw] = Final(
                "the deadline and its margin reach past the thaw; "
                + "use a channel that is not thawing, or an earlier deadline"),
            [RefusalReason.ClassExpires] = Final(
                "the class expires too soon to redeem this order; "
                + "use a voucher of a later class"),
            [RefusalReason.SequencePassed] = Final(
                "the sequence is already paid for; use the next sequence of the channel"),
            [RefusalReason.SequenceAhead] = Retry(
                "the sequence is beyond the window of 1,024; ack finished orders first"),
            [RefusalReason.SequenceUsed] = Final(
                "another order has this sequence; use a fresh sequence; sign each sequence once"),
            [RefusalReason.BalanceShort] = Final(
                "the channel does not cover this order; top up the channel, or lower maxUnits"),
            [RefusalReason.BudgetShort] = Retry(
                "too many unacked units for this spend key; ack finished orders first"),
            [RefusalReason.GlobalBudgetShort] = Retry(
                "too many unacked units at this node; try again soon, or another node"),
            [RefusalReason.InputsFull] = Retry(
                "the node keeps as many bytes of inputs as it may; "
                + "try again later, or another node"),
            [RefusalReason.KeyInputsFull] = Retry(
                "the node keeps as many bytes of inputs of this spend key as it may of one; "
                + "try again later, or another node"),
            [RefusalReason.DisputesFull] = Retry(
                "the node could not answer in time if all its channels disputed at once; "
                + "ask for fewer units, or another node"),
            [RefusalReason.SignatureMalformed] = Abuse(
                "the signature is not canonical secp256k1 (EIP-2098, low s); "
                + "sign with a conforming library"),
            [RefusalReason.SignerWrong] = Abuse(
                "the signature is not of the expected key; "
                + "sign with the key that the channel names"),
            [RefusalReason.InputRootWrong] = Final(
                "the input does not have the input root of the order; "
                + "sign the root of the input that is sent"),
            [RefusalReason.InputRefused] = Final(
                "the model does not take this input; send what the model describes"),
            [RefusalReason.MaxUnitsTooLow] = Final(
                "the work costs more than maxUnits; raise maxUnits to what the model describes"),
            [RefusalReason.QueryNonceWrong] = Final(
                "the query was signed for another connection; sign it with this one's nonce"),
            [RefusalReason.QueryStale] = Final(
                "the release names another ack than the node's newest; "
                + "ask for the state, and name its ack"),
            [RefusalReason.NotOffered] = Final(
                "this node makes no proofs or offers; ask another node"),
            [RefusalReason.OpeningUnknown] = Final(
                "the run has no such node, or the query signs another place; "
                + "ask for a node with something below it"),
            [RefusalReason.AckBelowOwed] = Final(
                "the ack is below what its sequences cost; recompute the units of the receipts"),
            [RefusalReason.AckOverLocked] = Final(
                "the ack is above what the channel holds; ack at most the locked units"),
            [RefusalReason.AckUnfinished] = Retry(
                "the ack covers an order that has no receipt yet; ack when its receipt is there"),
            [RefusalReason.AckNotMonotone] = Final(
                "the ack raises one of cumUnits and nextSeq and lowers the other; "
                + "sign both from the newest ack"),
            [RefusalReason.OrderUnknown] = Final(
                "this node knows no such order; send the order first"),
            [RefusalReason.OrderFinished] = Final(
                "the order already has its receipt; use the receipt"),
            [RefusalReason.ReceiptOrderWrong] = Final(
                "the receipt names another order; do not ack; ask again"),
            [RefusalReason.ReceiptStepsWrong] = Final(
                "the receipt has steps that the output does not show, "
                + "or too few without a cancel; "
                + "do not ack; keep the receipt"),
            [RefusalReason.ReceiptOutputWrong] = Final(
                "the output root does not match the output; do not ack; keep the receipt"),
            [RefusalReason.ReceiptTraceWrong] = Final(
                "a trace root is missing, or there though not asked for; "
                + "do not ack; keep the receipt"),
            [RefusalReason.ReceiptUnitsWrong] = Final(
                "the units are not what the model costs, or above maxUnits; "
                + "do not ack; keep the receipt"),
            [RefusalReason.ReceiptConflict] = Final(
                "two receipts differ for one order and step count; keep both: this is slashable"),
            [RefusalReason.StorageFailed] = Retry(
                "the ledger had a storage error and takes nothing until a restart; "
                + "try another node"),
            [RefusalReason.StorageFull] = Retry("the disk of the ledger is full; try again later"),
            [RefusalReason.LedgerBusy] = Retry("too much is waiting for the disk; try again soon"),
            [RefusalReason.Draining] = Retry(
                "the node is shutting down; try again later, or another node"),
            [RefusalReason.Overloaded] = Retry(
                "the node has no room for more work; try again soon"),
            [RefusalReason.ExecutionFailed] = Retry(
                "the node could not run the model; try again, or another node"),
            [RefusalReason.ChainUnavailable] = Retry(
                "the node does not see the chain; try again later"),
        };

    /// <summary>"what; remedy" of a reason; the number alone for one that is not ours.</summary>
    public static string Describe(RefusalReason reason) =>
        s_rows[reason]?.Line ?? $"refused with reason {(ushort)reason}";

    /// <summary>The same order may be taken later, unchanged.</summary>
    public static bool IsRetryable(this RefusalReason reason) =>
        s_rows[reason] is { IsRetryable: true };

    /// <summary>An honest client never sends one, and finding out cost a recovery.</summary>
    public static bool IsAbusive(this RefusalReason reason) =>
        s_rows[reason] is { IsAbusive: true };

    private static Row Final(string line) => new(line, false, false);

    private static Row Retry(string line) => new(line, true, false);

    private static Row Abuse(string line) => new(line, false, true);

    private sealed class Row(string line, bool isRetryable, bool isAbusive)
    {
        public string Line { get; } = line;

        public bool IsRetryable { get; } = isRetryable;

        public bool IsAbusive { get; } = isAbusive;
    }

    /// <summary>By number: keys and rows that other dictionaries have too need no code of their
    /// own in the binary.</summary>
    private sealed class Table
    {
        private readonly Dictionary<int, Row> _rows = [];

        public Row? this[RefusalReason reason]
        {
            get => _rows.GetValueOrDefault((int)reason);
            set => _rows[(int)reason] = value!;
        }
    }
}
