using System;
using System.Collections.Generic;
using System.Globalization;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>Which matured batches are to leave escrow, as the operator's socket carries it.
/// </summary>
/// <param name="separator">Domain separator of the Vouchers contract: which one, on which chain.
/// </param>
/// <param name="account">Who has to send.</param>
/// <param name="batches">1 to <see cref="ChainLimits.ReleaseBatchesMax"/> ids.</param>
public sealed class ReleaseOrder(Bytes32 separator, Address account, IReadOnlyList<ulong> batches)
{
    /// <summary>Words before the ids.</summary>
    private const int Words = 2;

    public Bytes32 Separator => separator;

    public Address Account => account;

    /// <summary>Data of the transaction.</summary>
    public byte[] Call => VouchersContract.Release([.. batches]);

    /// <summary>Two words in hexadecimal and the ids in decimal, a blank between them.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Separator} {Account} {string.Join(' ', batches)}");

    /// <exception cref="NodeException">It is not what <see cref="ToString"/> gives.</exception>
    internal static ReleaseOrder Parse(string text)
    {
        string[] words = text.Split(' ');
        ulong[] ids = new ulong[Math.Max(0, words.Length - Words)];
        bool isRead = ids.Length is > 0 and <= ChainLimits.ReleaseBatchesMax;
        for (int i = 0; isRead && i < ids.Length; i++)
        {
            isRead = ulong.TryParse(
                words[Words + i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]);
        }

        return isRead
            && Bytes32.TryParse(words[0], out Bytes32 separator)
            && Address.TryParse(words[1], out Address account)
                ? new ReleaseOrder(separator, account, ids)
                : throw new NodeException("a release is the domain separator, the account and 1 to "
                    + $"{ChainLimits.ReleaseBatchesMax} ids of batches, with a blank between them");
    }
}
