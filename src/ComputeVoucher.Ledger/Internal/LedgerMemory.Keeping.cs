using System;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Text;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>Orders that must stay, and orders that may go early.</summary>
internal sealed partial class LedgerMemory
{
    /// <summary>Settings of this name and an order hash hold the disputes that keep the order, 32
    /// bytes each.</summary>
    private const string PinPrefix = "ledger.pin.";

    private readonly HashSet<Bytes32> _pinned = [];

    public bool IsPinned(in Bytes32 orderHash) => _pinned.Contains(orderHash);

    /// <exception cref="ArgumentException">More disputes than a setting holds.</exception>
    public void Pin(in Bytes32 orderHash, in Bytes32 dispute, Batch batch)
    {
        List<byte> disputes = [.. Setting(PinName(orderHash)) ?? []];
        if (At(disputes, dispute) < 0)
        {
            disputes.AddRange(dispute.Span);
            PutSetting(PinName(orderHash), [.. disputes], batch);
            _pinned.Add(orderHash);
        }
    }

    public void Unpin(in Bytes32 orderHash, in Bytes32 dispute, Batch batch)
    {
        List<byte> disputes = [.. Setting(PinName(orderHash)) ?? []];
        int at = At(disputes, dispute);
        if (at < 0)
        {
            return;
        }

        disputes.RemoveRange(at, Bytes32.Size);
        if (disputes.Count > 0)
        {
            PutSetting(PinName(orderHash), [.. disputes], batch);
            return;
        }

        string name = PinName(orderHash);
        _settings.Remove(name);
        _pinned.Remove(orderHash);
        batch.Add(new Change(Table.Settings, Encoding.ASCII.GetBytes(name), null));
        batch.Urgent = true;
    }

    /// <summary>
    /// Orders of classes without a court whose units are redeemed. An ack pays for all orders below
    /// it and the chain tells only how far it was redeemed, so each channel's newest ack is taken
    /// back order by order: what is left below one is the most that paying for it took.
    /// </summary>
    /// <param name="orders">By channel and from the highest sequence down; all that are stored.
    /// </param>
    /// <param name="policy">Knows the courts.</param>
    public HashSet<Bytes32> Redeemed(List<OpenOrder> orders, ServicePolicy policy)
    {
        HashSet<Bytes32> redeemed = [];
        ChannelAccount? account = null;
        UInt128 paid = 0;
        bool hasCourt = true;
        foreach (OpenOrder order in orders)
        {
            if (account is null || account.Id != order.Order.Channel)
            {
                account = _channels[order.Order.Channel];
                paid = account.Acked;
                // A class that is no longer pinned may have one.
                hasCourt = !policy.Classes.TryGetValue(
                    account.Row.Terms.ClassId, out VoucherClass terms) || terms.Court != default;
            }

            if (hasCourt || order.Order.Seq >= account.NextSeq)
            {
                continue;
            }

            if (account.Row.Redeemed >= paid)
            {
                redeemed.Add(order.Hash);
            }

            paid -= UInt128.Min(paid, order.Charge);
        }

        return redeemed;
    }

    private void LoadPins()
    {
        foreach (string name in _settings.Keys)
        {
            if (name.StartsWith(PinPrefix, StringComparison.Ordinal))
            {
                byte[] hash = Base64Url.DecodeFromChars(name.AsSpan(PinPrefix.Length));
                _pinned.Add(new Bytes32(hash));
            }
        }
    }

    private static string PinName(in Bytes32 orderHash) =>
        PinPrefix + Base64Url.EncodeToString(orderHash.Span);

    private static int At(List<byte> disputes, in Bytes32 dispute)
    {
        for (int at = 0; at < disputes.Count; at += Bytes32.Size)
        {
            if (new Bytes32([.. disputes.GetRange(at, Bytes32.Size)]) == dispute)
            {
                return at;
            }
        }

        return -1;
    }
}
