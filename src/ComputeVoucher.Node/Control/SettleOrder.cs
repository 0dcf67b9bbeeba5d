using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>What a settlement is to pay, as the operator's socket carries it.</summary>
/// <param name="separator">Domain separator of the Vouchers contract: which one, on which chain.
/// </param>
/// <param name="account">Whose earnings, and who has to send.</param>
/// <param name="token">What was earned.</param>
/// <param name="to">Who gets it.</param>
public sealed class SettleOrder(Bytes32 separator, Address account, Address token, Address to)
{
    private const int Words = 4;

    public Bytes32 Separator => separator;

    public Address Account => account;

    public Address Token => token;

    public Address To => to;

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
