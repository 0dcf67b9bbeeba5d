using System;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger;

/// <summary>What was served and is not expected to be paid any more.</summary>
public sealed partial class LedgerStore
{
    /// <summary>Sums now.</summary>
    public LedgerLosses Losses
    {
        get
        {
            lock (_gate)
            {
                return new LedgerLosses(
                    _memory.NodeUnacked - _memory.NodeLost, _memory.NodeLost, _memory.DeniedKeys);
            }
        }
    }

    /// <summary>
    /// Books the unacknowledged orders of classes without a court whose deadline lies more than
    /// graceSeconds before now as lost; an ack takes them back. Nothing is written: the next start
    /// books them again.
    /// </summary>
    /// <returns>Units that were not booked before.</returns>
    public UInt128 BookLosses(ulong now, ulong graceSeconds)
    {
        lock (_gate)
        {
            return _memory.BookLosses(now, graceSeconds, _options.Policy);
        }
    }

    /// <summary>Books every unacknowledged order of a channel as lost, by the operator's word, and
    /// keeps a record of it.</summary>
    /// <returns>Units of the channel that are lost.</returns>
    /// <exception cref="LedgerException">No such channel, or the disk failed.</exception>
    public async Task<UInt128> WriteOffAsync(Bytes32 channel, ulong now)
    {
        UInt128 units = 0;
        await Change(batch => units = _memory.WriteOff(channel, now, batch))
            .ConfigureAwait(false);
        return units;
    }
}

/// <summary>What the spend keys owe; compute units.</summary>
/// <param name="LiveUnits">Reserved or served, unacknowledged, and expected: what counts against
/// the node's budget.</param>
/// <param name="LostUnits">Unacknowledged and not expected.</param>
/// <param name="DeniedKeys">Spend keys that get no order until they acknowledge.</param>
public readonly record struct LedgerLosses(UInt128 LiveUnits, UInt128 LostUnits, int DeniedKeys);
