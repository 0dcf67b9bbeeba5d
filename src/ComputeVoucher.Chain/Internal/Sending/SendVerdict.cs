namespace ComputeVoucher.Chain.Internal.Sending;

/// <summary>What an answer to eth_sendRawTransaction says about the transaction. None of them
/// says "failed": only the chain does, and only when it is final.</summary>
internal enum SendVerdict
{
    /// <summary>The endpoint has the bytes, now or since earlier.</summary>
    Known,

    /// <summary>The nonce is spent: by this transaction or by another; receipts will tell.
    /// </summary>
    NonceSpent,

    /// <summary>The pool holds a dearer transaction of this nonce, or wants a higher fee.
    /// </summary>
    FeeTooLow,

    /// <summary>The account cannot pay; the bytes are kept until it can.</summary>
    NoFunds,

    /// <summary>Refused for a reason that the operator has to read; kept and offered again.
    /// </summary>
    Refused,

    /// <summary>No answer: the endpoint may or may not have the bytes.</summary>
    Unknown,
}
