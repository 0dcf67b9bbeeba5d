using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>What an operator may want of one row.</summary>
public sealed partial class Outbox
{
    /// <summary>A dearer attempt, without waiting until this one counts as stuck: at the next
    /// block, an eighth more or the market price, under the caps of its kind. A wish that they
    /// forbid stands until they do not; a restart forgets it.</summary>
    /// <returns>The row as it is.</returns>
    /// <exception cref="ChainException">It cannot be replaced, or the outbox has stopped.
    /// </exception>
    public async Task<OutboxEntry> BumpAsync(long id, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            RefuseIfStopped();
            OutboxEntry entry = OwnOf(id);
            if (entry.State is not (OutboxState.Signed or OutboxState.Sent))
            {
                throw Refusal(entry, entry.State == OutboxState.Intent
                    ? "nothing is signed yet; it is signed at the price of that moment"
                    : "mined already");
            }

            if (entry.Attempts.Count >= OutboxEntry.AttemptsMax)
            {
                throw Refusal(entry, $"{OutboxEntry.AttemptsMax} attempts are signed, no more are");
            }

            if (JudgedOf(entry).Needless is { } reason)
            {
                throw Refusal(entry, $"not needed any more ({reason}), so no more is paid for it");
            }

            ProgressOf(entry).IsBumpAsked = true;
            return entry;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Ends a row of which nothing is signed. It stays to be seen.</summary>
    /// <returns>The row as it is now: durable when the task completes.</returns>
    /// <exception cref="ChainException">Something is signed, or the outbox has stopped.
    /// </exception>
    public async Task<OutboxEntry> CancelAsync(long id, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            RefuseIfStopped();
            OutboxEntry entry = OwnOf(id);
            if (entry.State != OutboxState.Intent)
            {
                throw Refusal(entry, entry.State == OutboxState.Mined
                    ? "mined already"
                    : "signed, and whoever has the bytes can have them mined: wait for it, or bump "
                        + "it");
            }

            return await EndAsync(entry, OutboxOutcome.Cancelled, null, cancel)
                .ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private OutboxEntry OwnOf(long id)
    {
        if (_open.TryGetValue(id, out OutboxEntry? entry))
        {
            return entry;
        }

        throw _former.TryGetValue(id, out OutboxEntry? former)
            ? Refusal(former, $"of the former key {former.From}: it is offered as it is")
            : new ChainException(
                ChainFault.Rejected,
                $"outbox {id}: no such transaction is open (see: computevoucher outbox)");
    }

    private static ChainException Refusal(OutboxEntry entry, string line) => new(
        ChainFault.Rejected,
        $"{entry.Request.Kind} (outbox {entry.Id}, nonce {Nonce(entry)}): {line}");
}
