using System;
using System.Buffers.Binary;
using System.Buffers.Text;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// Unacknowledged orders that nobody is expected to pay any more. They stop counting against what
/// all keys together may owe, because a counter that only rises closes the node in time; their key
/// gets no new order until it acknowledges, which takes them back.
/// </summary>
internal sealed partial class LedgerMemory
{
    /// <summary>Settings of this name and a channel are the record of a write-off.</summary>
    private const string WriteOffPrefix = "ledger.off.";

    /// <summary>End of the sequences u64 ‖ units u128 ‖ Unix seconds u64.</summary>
    private const int WriteOffBytes = 8 + 16 + 8;

    /// <summary>Units of lost orders, of all channels.</summary>
    public UInt128 NodeLost { get; private set; }

    /// <summary>Spend keys that have lost orders.</summary>
    public int DeniedKeys { get; private set; }

    /// <summary>Orders whose deadline passed grace seconds ago; with a court, as long after the
    /// node could claim them.</summary>
    /// <returns>Units that were not booked before.</returns>
    public UInt128 BookLosses(ulong now, ulong grace, ServicePolicy policy)
    {
        UInt128 before = NodeLost;
        ulong last = now - Math.Min(now, grace);
        foreach (OpenOrder open in _orders.Values)
        {
            ChannelAccount account = _channels[open.Order.Channel];
            bool hasCourt = policy.Classes.TryGetValue(
                account.Row.Terms.ClassId, out VoucherClass terms) && terms.Court != default;
            UInt128 end = (UInt128)open.Order.Deadline + (hasCourt ? CourtLimits.ClaimSeconds : 0);
            if (!open.IsLost && end < last && open.Order.Seq >= account.NextSeq)
            {
                Lose(account, open);
            }
        }

        return NodeLost - before;
    }

    /// <summary>By the operator's word; the record stays, so that it holds after a start too.
    /// </summary>
    /// <returns>Units of the channel that are lost now.</returns>
    public UInt128 WriteOff(in Bytes32 channel, ulong now, Batch batch)
    {
        if (!_channels.TryGetValue(channel, out ChannelAccount? account))
        {
            throw new LedgerException($"no channel {channel} in this ledger");
        }

        UInt128 units = 0;
        ulong end = account.NextSeq;
        foreach ((ulong seq, OpenOrder open) in account.Orders)
        {
            if (seq >= account.NextSeq)
            {
                Lose(account, open);
                units += open.Charge;
                end = seq + 1;
            }
        }

        byte[] body = new byte[WriteOffBytes];
        BinaryPrimitives.WriteUInt64BigEndian(body, end);
        BinaryPrimitives.WriteUInt128BigEndian(body.AsSpan(8), units);
        BinaryPrimitives.WriteUInt64BigEndian(body.AsSpan(24), now);
        PutSetting(WriteOffPrefix + Base64Url.EncodeToString(channel.Span), body, batch);
        return units;
    }

    /// <summary>Closed channels and written-off ones, after a load.</summary>
    private void LoadLosses()
    {
        foreach (ChannelAccount account in _channels.Values)
        {
            bool isClosed = account.Row.Status == ChannelStatus.Closed;
            ulong end = isClosed ? ulong.MaxValue : WrittenOffBefore(account.Id);
            foreach ((ulong seq, OpenOrder open) in account.Orders)
            {
                if (seq >= account.NextSeq && seq < end)
                {
                    Lose(account, open);
                }
            }
        }
    }

    /// <summary>Nobody pays on a closed channel; a reorganisation may open it again.</summary>
    private void NoteStatus(ChannelAccount account, ChannelStatus before)
    {
        if (before == account.Row.Status)
        {
            return;
        }

        foreach ((ulong seq, OpenOrder open) in account.Orders)
        {
            if (account.Row.Status == ChannelStatus.Closed && seq >= account.NextSeq)
            {
                Lose(account, open);
            }
            else if (before == ChannelStatus.Closed)
            {
                Find(account, open);
            }
        }
    }

    /// <summary>The orders of [newest ack, nextSeq) are paid after all.</summary>
    private void FindUntil(ChannelAccount account, ulong nextSeq)
    {
        foreach ((ulong seq, OpenOrder open) in account.Orders)
        {
            if (seq >= nextSeq)
            {
                break;
            }

            Find(account, open);
        }
    }

    private void Lose(ChannelAccount account, OpenOrder open)
    {
        if (!open.IsLost)
        {
            open.IsLost = true;
            AddLost(account.Key, open.Charge, 0);
        }
    }

    private void Find(ChannelAccount account, OpenOrder open)
    {
        if (open.IsLost)
        {
            open.IsLost = false;
            AddLost(account.Key, 0, open.Charge);
        }
    }

    private void AddLost(KeyAccount key, UInt128 add, UInt128 remove)
    {
        DeniedKeys -= key.Lost > 0 ? 1 : 0;
        key.Lost = key.Lost + add - remove;
        NodeLost = NodeLost + add - remove;
        DeniedKeys += key.Lost > 0 ? 1 : 0;
    }

    private ulong WrittenOffBefore(in Bytes32 channel)
    {
        string name = WriteOffPrefix + Base64Url.EncodeToString(channel.Span);
        if (!_settings.TryGetValue(name, out byte[]? body))
        {
            return 0;
        }

        return body.Length == WriteOffBytes
            ? BinaryPrimitives.ReadUInt64BigEndian(body)
            : throw new FormatException($"a write-off of {body.Length} bytes");
    }
}
