using System;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>Takes a settlement into the outbox of the account that earned: one queue numbers all
/// its transactions, so that none takes another's place.</summary>
internal sealed class SettleDesk(Outbox outbox, VoucherDomain domain)
{
    /// <summary>The kind of outbox rows that settle.</summary>
    private const string Kind = "settle";

    /// <summary>The row under "submitted"; or "payer" alone where the outbox is another account's,
    /// and nothing was taken.</summary>
    /// <param name="argument">A <see cref="SettleOrder"/>.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="NodeException">It is none, is for other contracts, or another one of the
    /// same token is on its way to somebody else.</exception>
    /// <exception cref="ChainException">The outbox has stopped.</exception>
    public async Task<string> AnswerAsync(string argument, CancellationToken cancel)
    {
        SettleOrder order = SettleOrder.Parse(argument);
        if (order.Separator != domain.VouchersSeparator)
        {
            throw new NodeException($"it works with Vouchers {domain.Vouchers} of chain "
                + $"{domain.ChainId}, not with the contract that is to pay (name the configuration "
                + "of the node that does)");
        }

        if (order.Account != outbox.Account)
        {
            return ControlAnswer.Of(json => json.WriteString("payer", outbox.Account.ToString()));
        }

        // One of a token at a time: a second one would find nothing left, and pay its gas.
        OutboxRequest request = new()
        {
            Kind = Kind,
            Key = KeyOf(order.Token),
            To = domain.Vouchers,
            Data = VouchersContract.Settle(order.Token, order.To),
        };
        OutboxEntry entry = await outbox.SubmitAsync(request, cancel).ConfigureAwait(false);
        return entry.Request.Data.AsSpan().SequenceEqual(request.Data)
            ? ControlAnswer.Of(json => OutboxDesk.Rows(json, "submitted", [entry]))
            : throw new NodeException($"outbox {entry.Id} settles this token already, to another "
                + "receiver (wait until it is mined, then settle the rest)");
    }

    /// <summary>One of a token until it is mined: what is earned after that is the next one's,
    /// however long the block takes to be final.</summary>
    private string KeyOf(Address token)
    {
        string kind = $"{Kind} {token} ";
        long mined = 0;
        foreach (OutboxEntry row in outbox.Open)
        {
            if (row.State == OutboxState.Mined
                && row.Request.Key.StartsWith(kind, StringComparison.Ordinal))
            {
                mined = Math.Max(mined, row.Id);
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{kind}{mined}");
    }
}
