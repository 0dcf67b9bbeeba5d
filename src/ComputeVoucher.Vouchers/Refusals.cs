using System.Collections.Frozen;
using System.Collections.Generic;

namespace ComputeVoucher.Vouchers;

/// <summary>The line that goes with a number: what is wrong, and the remedy.</summary>
public static class Refusals
{
    private static readonly FrozenDictionary<RefusalReason, string> s_lines =
        new Dictionary<RefusalReason, string>
        {
            [RefusalReason.None] = "not refused",
            [RefusalReason.PayloadSize] =
                "the payload has another length than its type; "
                + "send the fixed-width bytes of the type and 64 bytes of signature",
            [RefusalReason.UnitsOverLimit] = "units above 2^63 - 1; ask for fewer units",
            [RefusalReason.FlagsUnknown] =
                "a flag bit that version 1 does not have; clear every bit but 0 and 1",
            [RefusalReason.ExtensionUnsupported] = "a nonzero extension; set the extension to zero",
            [RefusalReason.InputSize] =
                "the input is longer than this node takes; send a shorter input",
            [RefusalReason.ChannelUnknown] =
                "this node knows no such channel; "
                + "open it on chain for this node, or wait until the node has seen it",
            [RefusalReason.ChannelNotFinal] =
                "the opening of the channel is not final yet; try again after finality",
            [RefusalReason.ChannelClosed] = "the channel is closed; open another channel",
            [RefusalReason.ChannelReleased] =
                "the node has signed a release for the channel; close it and open another",
            [RefusalReason.ChannelOfOtherNode] =
                "the channel is bound to another node key; ask the node that it names",
            [RefusalReason.ClassNotPinned] =
                "the node does not serve this class; use a voucher of a class that the node lists",
            [RefusalReason.ModelNotPinned] =
                "the node does not serve this model; ask for a model that the node lists",
            [RefusalReason.DeadlinePassed] =
                "the deadline is over; sign the order again with a later deadline",
            [RefusalReason.DeadlineTooFar] =
                "the deadline is beyond the order horizon; sign the order with an earlier deadline",
            [RefusalReason.DeadlineAfterThaw] =
                "the deadline and its margin reach past the thaw; "
                + "use a channel that is not thawing, or an earlier deadline",
            [RefusalReason.ClassExpires] =
                "the class expires too soon to redeem this order; use a voucher of a later class",
            [RefusalReason.SequencePassed] =
                "the sequence is already paid for; use the next sequence of the channel",
            [RefusalReason.SequenceAhead] =
                "the sequence is beyond the window of 1,024; ack finished orders first",
            [RefusalReason.SequenceUsed] =
                "another order has this sequence; use a fresh sequence; sign each sequence once",
            [RefusalReason.BalanceShort] =
                "the channel does not cover this order; top up the channel, or lower maxUnits",
            [RefusalReason.BudgetShort] =
                "too many unacked units for this spend key; ack finished orders first",
            [RefusalReason.GlobalBudgetShort] =
                "too many unacked units at this node; try again soon, or another node",
            [RefusalReason.SignatureMalformed] =
                "the signature is not canonical secp256k1 (EIP-2098, low s); "
                + "sign with a conforming library",
            [RefusalReason.SignerWrong] =
                "the signature is not of the expected key; "
                + "sign with the key that the channel names",
            [RefusalReason.InputRootWrong] =
                "the input does not have the input root of the order; "
                + "sign the root of the input that is sent",
            [RefusalReason.InputRefused] =
                "the model does not take this input; send what the model describes",
            [RefusalReason.MaxUnitsTooLow] =
                "the work costs more than maxUnits; raise maxUnits to what the model describes",
            [RefusalReason.AckBelowOwed] =
                "the ack is below what its sequences cost; recompute the units of the receipts",
            [RefusalReason.AckOverLocked] =
                "the ack is above what the channel holds; ack at most the locked units",
            [RefusalReason.AckUnfinished] =
                "the ack covers an order that has no receipt yet; ack when its receipt is there",
            [RefusalReason.AckNotMonotone] =
                "the ack raises one of cumUnits and nextSeq and lowers the other; "
                + "sign both from the newest ack",
            [RefusalReason.OrderUnknown] = "this node knows no such order; send the order first",
            [RefusalReason.OrderFinished] = "the order already has its receipt; use the receipt",
            [RefusalReason.ReceiptOrderWrong] =
                "the receipt names another order; do not ack; ask again",
            [RefusalReason.ReceiptStepsWrong] =
                "the receipt has steps that the output does not show; do not ack; keep the receipt",
            [RefusalReason.ReceiptOutputWrong] =
                "the output root does not match the output; do not ack; keep the receipt",
            [RefusalReason.ReceiptTraceWrong] =
                "a trace root is missing, or there though not asked for; "
                + "do not ack; keep the receipt",
            [RefusalReason.ReceiptUnitsWrong] =
                "the units are not what the model costs, or above maxUnits; "
                + "do not ack; keep the receipt",
            [RefusalReason.ReceiptConflict] =
                "two receipts differ for one order and step count; keep both: this is slashable",
            [RefusalReason.StorageFailed] =
                "the ledger had a storage error and takes nothing until a restart; "
                + "try another node",
            [RefusalReason.StorageFull] = "the disk of the ledger is full; try again later",
            [RefusalReason.LedgerBusy] = "too much is waiting for the disk; try again soon",
            [RefusalReason.Draining] =
                "the node is shutting down; try again later, or another node",
            [RefusalReason.Overloaded] = "the node has no room for more work; try again soon",
            [RefusalReason.ExecutionFailed] =
                "the node could not run the model; try again, or another node",
            [RefusalReason.ChainUnavailable] = "the node does not see the chain; try again later",
        }.ToFrozenDictionary();

    /// <summary>"what; remedy" of a reason; the number alone for one that is not ours.</summary>
    public static string Describe(RefusalReason reason) =>
        s_lines.GetValueOrDefault(reason) ?? $"refused with reason {(ushort)reason}";
}
