using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>Open rows of a key that the outbox had before.</summary>
public sealed partial class Outbox
{
    private readonly SortedDictionary<long, OutboxEntry> _former = [];

    /// <summary>Transactions of a former key: their bytes go out again, and nothing dearer can be
    /// signed in their place.</summary>
    private async Task PushFormerAsync(CancellationToken cancel)
    {
        foreach (OutboxEntry entry in new List<OutboxEntry>(_former.Values))
        {
            if (entry.Attempts.Count == 0)
            {
                await EndAsync(entry, OutboxOutcome.Cancelled, "the key has changed", cancel)
                    .ConfigureAwait(false);
                continue;
            }

            Progress progress = ProgressOf(entry);
            bool isDue = progress.OfferedAt is null
                || Elapsed(progress.OfferedAt) >= _options.RebroadcastEvery;
            if (entry.State >= OutboxState.Mined)
            {
                continue;
            }

            Report(entry, $"open, and of the former key {entry.From}: it is offered as it is, its "
                + "fee cannot be raised");
            if (isDue && !_unwatched.Contains(entry.Id))
            {
                progress.OfferedAt = _time.GetTimestamp();
                await RepeatFormerAsync(entry, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task RepeatFormerAsync(OutboxEntry entry, CancellationToken cancel)
    {
        try
        {
            Check(entry, entry.Attempts[^1]);
            await _rpc.SendRawAsync(entry.Attempts[^1].Raw, cancel).ConfigureAwait(false);
        }
        catch (ChainException) when (_stopped is null)
        {
            // Mostly "already known": the receipt tells, and the line above stands.
        }
    }
}
