using System;

namespace ComputeVoucher.Chain.Internal.Sending;

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
        ("replacement", SendVerdict.FeeTooLow),
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
