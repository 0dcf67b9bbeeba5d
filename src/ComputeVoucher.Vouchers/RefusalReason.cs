namespace ComputeVoucher.Vouchers;

/// <summary>
/// Why something was refused: the number of the error frame. Numbers are never reused;
/// 1 to 65279 is the node's half of the range that Wire carries. What each one means, and whether
/// the same may be sent again, stands in <see cref="Refusals"/>.
/// </summary>
public enum RefusalReason : ushort
{
    None = 0,

    PayloadSize = 100,
    UnitsOverLimit = 101,
    FlagsUnknown = 102,
    ExtensionUnsupported = 103,
    InputSize = 104,
    ProofUnavailable = 105,

    ChannelUnknown = 110,
    ChannelNotFinal = 111,
    ChannelClosed = 112,
    ChannelReleased = 113,
    ChannelOfOtherNode = 114,

    ClassNotPinned = 120,
    ModelNotPinned = 121,

    DeadlinePassed = 130,
    DeadlineTooFar = 131,
    DeadlineAfterThaw = 132,
    ClassExpires = 133,

    SequencePassed = 140,
    SequenceAhead = 141,
    SequenceUsed = 142,

    BalanceShort = 150,

    BudgetShort = 160,
    GlobalBudgetShort = 161,
    InputsFull = 162,
    KeyInputsFull = 163,
    DisputesFull = 164,

    SignatureMalformed = 170,
    SignerWrong = 171,

    InputRootWrong = 180,
    InputRefused = 181,
    MaxUnitsTooLow = 182,

    QueryNonceWrong = 190,
    QueryStale = 191,
    NotOffered = 192,
    OpeningUnknown = 193,

    AckBelowOwed = 200,
    AckOverLocked = 201,
    AckUnfinished = 202,
    AckNotMonotone = 203,

    OrderUnknown = 210,
    OrderFinished = 211,

    ReceiptOrderWrong = 220,
    ReceiptStepsWrong = 221,
    ReceiptOutputWrong = 222,
    ReceiptTraceWrong = 223,
    ReceiptUnitsWrong = 224,
    ReceiptConflict = 225,

    StorageFailed = 300,
    StorageFull = 301,
    LedgerBusy = 302,
    Draining = 303,
    Overloaded = 304,
    ExecutionFailed = 305,
    ChainUnavailable = 306,
}
