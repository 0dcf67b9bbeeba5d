using System;

namespace ComputeVoucher.Chain;

/// <summary>Reads the error of eth_sendRawTransaction. The words are those of geth
/// (core/txpool/errors.go, core/error.go), Nethermind (AcceptTxResult), Besu
/// (TransactionInvalidReason), Erigon (txpoolcfg) and anvil, compared without case.</summary>
internal static class SendVerdicts
{
    private static readonly (string Words, SendVerdict Verdict)[] s_words =
    [
        ("already known", SendVerdict.Known),
        ("alreadyknown", SendVerdict.Known),
        ("already imported", SendVerdict.Known),
        ("known transaction", SendVerdict.Known),
        ("already exists", SendVerdict.Known),
        ("already in pool", SendVerdict.Known),
        ("duplicate", SendVerdict.Known),
        ("nonce too low", SendVerdict.NonceSpent),
        ("nonce_too_low", SendVerdict.NonceSpent),
        ("oldnonce", SendVerdict.NonceSpent),
        ("nonce is too low", SendVerdict.NonceSpent),
        ("replacement", SendVerdict.NonceHeld),
        ("could not replace", SendVerdict.NonceHeld),
        ("underpriced", SendVerdict.FeeTooLow),
        ("feetoolow", SendVerdict.FeeTooLow),
        ("fee too low", SendVerdict.FeeTooLow),
        ("fee cap too low", SendVerdict.FeeTooLow),
        ("gas price too low", SendVerdict.FeeTooLow),
        ("gas price below", SendVerdict.FeeTooLow),
        ("less than block base fee", SendVerdict.FeeTooLow),
        ("below current base fee", SendVerdict.FeeTooLow),
        ("insufficient funds", SendVerdict.NoFunds),
        ("insufficientfunds", SendVerdict.NoFunds),
        ("insufficient balance", SendVerdict.NoFunds),
        ("upfront cost exceeds", SendVerdict.NoFunds),
    ];

    public static SendVerdict Of(ChainException error)
    {
        if (error.IsTransient)
        {
            return SendVerdict.Unknown;
        }

        foreach ((string words, SendVerdict verdict) in s_words)
        {
            if (error.Message.Contains(words, StringComparison.OrdinalIgnoreCase))
            {
                return verdict;
            }
        }

        return SendVerdict.Refused;
    }
}

/// <summary>What an answer to eth_sendRawTransaction says about the transaction. None of them
/// says "failed": only the chain does, and only when it is final.</summary>
internal enum SendVerdict
{
    /// <summary>The endpoint has the bytes, now or since earlier.</summary>
    Known,

    /// <summary>The nonce is spent: by this transaction or by another; receipts will tell.
    /// </summary>
    NonceSpent,

    /// <summary>The pool holds another transaction of this nonce, which may be ours or that of
    /// somebody else with the same key.</summary>
    NonceHeld,

    /// <summary>The pool wants a higher fee.</summary>
    FeeTooLow,

    /// <summary>The account cannot pay; the bytes are kept until it can.</summary>
    NoFunds,

    /// <summary>Refused for a reason that the operator has to read; kept and offered again.
    /// </summary>
    Refused,

    /// <summary>No answer: the endpoint may or may not have the bytes.</summary>
    Unknown,
}
