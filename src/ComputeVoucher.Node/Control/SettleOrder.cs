using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>What a settlement is to pay, as the operator's socket carries it.</summary>
/// <param name="Separator">Domain separator of the Vouchers contract: which one, on which chain.
/// </param>
/// <param name="Account">Whose earnings, and who has to send.</param>
/// <param name="Token">What was earned.</param>
/// <param name="To">Who gets it.</param>
public sealed record SettleOrder(Bytes32 Separator, Address Account, Address Token, Address To)
{
    private const int Words = 4;

    /// <summary>Four words in hexadecimal, a blank between them.</summary>
    public override string ToString() => $"{Separator} {Account} {Token} {To}";

    /// <exception cref="NodeException">It is not what <see cref="ToString"/> gives.</exception>
    internal static SettleOrder Parse(string text)
    {
        string[] words = text.Split(' ');
        return words.Length == Words
            && Bytes32.TryParse(words[0], out Bytes32 separator)
            && Address.TryParse(words[1], out Address account)
            && Address.TryParse(words[2], out Address token)
            && Address.TryParse(words[3], out Address to)
                ? new SettleOrder(separator, account, token, to)
                : throw new NodeException("a settlement is the domain separator, the account, the "
                    + "token and the receiver, with a blank between them");
    }
}
