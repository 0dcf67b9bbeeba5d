using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>Puts moves into the outbox, each once for each state of a case, and says what they may
/// cost: a bond is worth all of it, a claim what it pays.</summary>
/// <param name="outbox">Carries them through.</param>
/// <param name="time">Paces repetitions.</param>
internal sealed class CourtMoves(Outbox outbox, TimeProvider time)
{
    /// <summary>A move that ended without effect is made again after this.</summary>
    private static readonly TimeSpan s_repeatAfter = TimeSpan.FromMinutes(1);

    /// <summary>Who sends: some moves are its node's or its provider's alone.</summary>
    public Address Sender => outbox.Account;

    /// <summary>Whether that move was made a moment ago; nothing is computed again.</summary>
    public bool IsSent(string key, (string Key, long At) sent) =>
        sent.Key == key && time.GetElapsedTime(sent.At) < s_repeatAfter;

    /// <summary>Durable when the task is done.</summary>
    /// <param name="kind">What the operator reads.</param>
    /// <param name="key">Case and state.</param>
    /// <param name="to">The contract.</param>
    /// <param name="data">The call.</param>
    /// <param name="worthWei">What it gains or saves; null where nobody can say.</param>
    /// <param name="isUrgent">It is lost if it waits.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>What <see cref="IsSent"/> wants.</returns>
    public async Task<(string Key, long At)> SendAsync(string kind, string key, Address to,
        byte[] data, UInt128? worthWei, bool isUrgent, CancellationToken cancel)
    {
        OutboxEntry entry = await outbox.SubmitAsync(
            new OutboxRequest
            {
                Kind = kind,
                Key = key,
                To = to,
                Data = data,
                CostMaxWei = worthWei,
                UrgentCostMaxWei = worthWei,
                IsUrgent = isUrgent,
            },
            cancel).ConfigureAwait(false);
        if (isUrgent && !entry.Request.IsUrgent)
        {
            // It was there already, and had time then.
            await outbox.MakeUrgentAsync(entry.Id, cancel).ConfigureAwait(false);
        }

        return (key, time.GetTimestamp());
    }
}
