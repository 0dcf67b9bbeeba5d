using System;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node;

/// <summary>Takes a settlement, and a release before it, into the outbox of the account that
/// earned: one queue numbers all its transactions, so that none takes another's place.</summary>
internal sealed class SettleDesk(Outbox outbox, VoucherDomain domain)
{
    /// <summary>The kind of outbox rows that settle.</summary>
    private const string Kind = "settle";

    /// <summary>The row under "submitted", and under "isNew" whether this request made it; or
    /// "payer" alone where the outbox is another account's, and nothing was taken.</summary>
    /// <param name="argument">A <see cref="SettleOrder"/>.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="NodeException">It is none, is for other contracts, or another one of the
    /// same token is on its way to somebody else.</exception>
    /// <exception cref="ChainException">The outbox has stopped.</exception>
    public async Task<string> AnswerAsync(string argument, CancellationToken cancel)
    {
        SettleOrder order = SettleOrder.Parse(argument);
        if (Refer(order.Separator, order.Account) is { } payer)
        {
            return payer;
        }

        // One of a token at a time: a second one would find nothing left, and pay its gas.
        OutboxRequest request = new()
        {
            Kind = Kind,
            Key = KeyOf(order.Token),
            To = domain.Vouchers,
            Data = VouchersContract.Settle(order.Token, order.To),
        };
        // The key is older than this look: whoever comes between the two has the same.
        OutboxEntry entry = OnItsWay(order.Token)
            ?? await outbox.SubmitAsync(request, cancel).ConfigureAwait(false);
        if (!entry.Request.Data.AsSpan().SequenceEqual(request.Data))
        {
            throw new NodeException($"outbox {entry.Id} settles this token already, to another "
                + "receiver (wait until it is mined, then settle the rest)");
        }

        return Taken(entry, request);
    }

    /// <summary>Takes a release of matured batches, and answers as <see cref="AnswerAsync"/> does.
    /// </summary>
    /// <param name="argument">A <see cref="ReleaseOrder"/>.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="NodeException">It is none, is for other contracts, or another
    /// release is on its way.</exception>
    /// <exception cref="ChainException">The outbox has stopped.</exception>
    public async Task<string> ReleaseAsync(string argument, CancellationToken cancel)
    {
        ReleaseOrder order = ReleaseOrder.Parse(argument);
        if (Refer(order.Separator, order.Account) is { } payer)
        {
            return payer;
        }

        // One at a time, the node's own included: a second one would release the same again.
        OutboxRequest request = new()
        {
            Kind = EscrowReleaser.Kind,
            Key = EscrowReleaser.NextKey(outbox),
            To = domain.Vouchers,
            Data = order.Call,
        };
        // The key is older than this look: whoever comes between the two has the same.
        OutboxEntry entry = Releasing(request.Data)
            ?? await outbox.SubmitAsync(request, cancel).ConfigureAwait(false);
        if (!entry.Request.Data.AsSpan().SequenceEqual(request.Data))
        {
            throw new NodeException($"outbox {entry.Id} releases other batches already "
                + "(wait until it is mined, then release the rest)");
        }

        return Taken(entry, request);
    }

    /// <summary>Who sends here, where that is another account; otherwise null.</summary>
    private string? Refer(Bytes32 separator, Address account)
    {
        if (separator != domain.VouchersSeparator)
        {
            throw new NodeException($"it works with Vouchers {domain.Vouchers} of chain "
                + $"{domain.ChainId}, not with the contract that is to pay (name the configuration "
                + "of the node that does)");
        }

        return account == outbox.Account ? null : ControlAnswer.Of(
            json => json.WriteString("payer", outbox.Account.ToString()));
    }

    private static string Taken(OutboxEntry entry, OutboxRequest request) =>
        ControlAnswer.Of(json =>
        {
            OutboxDesk.Rows(json, "submitted", [entry]);
            json.WriteBoolean("isNew", ReferenceEquals(entry.Request, request));
        });

    /// <summary>A settlement of this token that no block has taken yet.</summary>
    private OutboxEntry? OnItsWay(Address token)
    {
        foreach (OutboxEntry row in outbox.Open)
        {
            if (IsOf(row, token) && row.State < OutboxState.Mined)
            {
                return row;
            }
        }

        return null;
    }

    /// <summary>A release that no block has taken yet, or of the same batches: it may be long
    /// before an endpoint says that they hold nothing any more.</summary>
    private OutboxEntry? Releasing(byte[] data)
    {
        foreach (OutboxEntry row in outbox.Open)
        {
            if (EscrowReleaser.IsRelease(row, outbox) && (row.State < OutboxState.Mined
                || row.Request.Data.AsSpan().SequenceEqual(data)))
            {
                return row;
            }
        }

        return null;
    }

    private bool IsOf(OutboxEntry row, Address token) => row.From == outbox.Account
        && row.Request.Key.StartsWith($"{Kind} {token} ", StringComparison.Ordinal);

    /// <summary>A key of its own after each that is mined: what is earned after that is the next
    /// one's, however long the block takes to be final. Two that ask at once get the same.
    /// </summary>
    private string KeyOf(Address token)
    {
        long newest = 0;
        foreach (OutboxEntry row in outbox.Open)
        {
            if (IsOf(row, token))
            {
                newest = Math.Max(newest, row.Id);
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Kind} {token} {newest}");
    }
}
