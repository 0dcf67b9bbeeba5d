namespace ComputeVoucher.Vouchers;

/// <summary>
/// Why something was refused: the number of the error frame. Numbers are never reused;
/// 1 to 65279 is the node's half of the range that Wire carries.
/// </summary>
public enum RefusalReason : ushort
{
    /// <summary>Not refused.</summary>
    None = 0,

    /// <summary>The payload has another length than its type.</summary>
    PayloadSize = 100,

    /// <summary>Units above 2^63 - 1.</summary>
    UnitsOverLimit = 101,

    /// <summary>A flag bit that version 1 does not have.</summary>
    FlagsUnknown = 102,

    /// <summary>A nonzero extension.</summary>
    ExtensionUnsupported = 103,

    /// <summary>The input is longer than this node takes.</summary>
    InputSize = 104,

    /// <summary>This node knows no such channel.</summary>
    ChannelUnknown = 110,

    /// <summary>The opening of the channel is not final yet.</summary>
    ChannelNotFinal = 111,

    /// <summary>The channel is closed.</summary>
    ChannelClosed = 112,

    /// <summary>The node has signed a release for the channel.</summary>
    ChannelReleased = 113,

    /// <summary>The channel is bound to another node key.</summary>
    ChannelOfOtherNode = 114,

    /// <summary>The node does not serve this class.</summary>
    ClassNotPinned = 120,

    /// <summary>The node does not serve this model.</summary>
    ModelNotPinned = 121,

    /// <summary>The deadline is over.</summary>
    DeadlinePassed = 130,

    /// <summary>The deadline is beyond the order horizon.</summary>
    DeadlineTooFar = 131,

    /// <summary>The deadline and its margin reach past the thaw.</summary>
    DeadlineAfterThaw = 132,

    /// <summary>The class expires too soon to redeem this order.</summary>
    ClassExpires = 133,

    /// <summary>The sequence is already paid for.</summary>
    SequencePassed = 140,

    /// <summary>The sequence is beyond the window of 1,024.</summary>
    SequenceAhead = 141,

    /// <summary>Another order has this sequence.</summary>
    SequenceUsed = 142,

    /// <summary>The channel does not cover this order.</summary>
    BalanceShort = 150,

    /// <summary>Too many unacked units for this spend key.</summary>
    BudgetShort = 160,

    /// <summary>Too many unacked units at this node.</summary>
    GlobalBudgetShort = 161,

    /// <summary>The signature is not canonical secp256k1 (EIP-2098, low s).</summary>
    SignatureMalformed = 170,

    /// <summary>The signature is not of the expected key.</summary>
    SignerWrong = 171,

    /// <summary>The input does not have the input root of the order.</summary>
    InputRootWrong = 180,

    /// <summary>The model does not take this input.</summary>
    InputRefused = 181,

    /// <summary>The work costs more than maxUnits.</summary>
    MaxUnitsTooLow = 182,

    /// <summary>The ack is below what its sequences cost.</summary>
    AckBelowOwed = 200,

    /// <summary>The ack is above what the channel holds.</summary>
    AckOverLocked = 201,

    /// <summary>The ack covers an order that has no receipt yet.</summary>
    AckUnfinished = 202,

    /// <summary>The ack raises one of cumUnits and nextSeq and lowers the other.</summary>
    AckNotMonotone = 203,

    /// <summary>This node knows no such order.</summary>
    OrderUnknown = 210,

    /// <summary>The order already has its receipt.</summary>
    OrderFinished = 211,

    /// <summary>The receipt names another order.</summary>
    ReceiptOrderWrong = 220,

    /// <summary>The receipt has steps that the output does not show.</summary>
    ReceiptStepsWrong = 221,

    /// <summary>The output root does not match the output.</summary>
    ReceiptOutputWrong = 222,

    /// <summary>A trace root is missing, or there though not asked for.</summary>
    ReceiptTraceWrong = 223,

    /// <summary>The units are not what the model costs, or above maxUnits.</summary>
    ReceiptUnitsWrong = 224,

    /// <summary>Two receipts differ for one order and step count.</summary>
    ReceiptConflict = 225,

    /// <summary>The ledger had a storage error and takes nothing until a restart.</summary>
    StorageFailed = 300,

    /// <summary>The disk of the ledger is full.</summary>
    StorageFull = 301,

    /// <summary>Too much is waiting for the disk.</summary>
    LedgerBusy = 302,

    /// <summary>The node is shutting down.</summary>
    Draining = 303,

    /// <summary>The node has no room for more work.</summary>
    Overloaded = 304,

    /// <summary>The node could not run the model.</summary>
    ExecutionFailed = 305,

    /// <summary>The node does not see the chain.</summary>
    ChainUnavailable = 306,
}
