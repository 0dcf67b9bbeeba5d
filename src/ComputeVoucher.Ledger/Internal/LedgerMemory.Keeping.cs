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

    /// <summary>The channels as a look over all orders begins.</summary>
    public Dictionary<Bytes32, WalkedChannel> BeginWalk(ServicePolicy policy)
    {
        Dictionary<Bytes32, WalkedChannel> channels = new(_channels.Count);
        foreach (ChannelAccount account in _channels.Values)
        {
            account.LongestSince = 0;
            channels.Add(account.Id, new WalkedChannel
            {
                Id = account.Id,
                ClassId = account.Row.Terms.ClassId,
                MayHaveCourt = policy.MayHaveCourt(account.Row.Terms.ClassId),
                IsClosed = account.Row.Status == ChannelStatus.Closed,
                NextSeq = account.NextSeq,
                Acked = account.Acked,
                Redeemed = account.Row.Redeemed,
            });
        }

        return channels;
    }

    /// <summary>What it found, and what came since.</summary>
    /// <returns>Bytes of inputs of the spend key that has most.</returns>
    public long EndWalk(Dictionary<Bytes32, WalkedChannel> channels)
    {
        DisputeUnits = 0;
        foreach (ChannelAccount account in _channels.Values)
        {
            // A channel that is new since the look began has no other orders.
            UInt128 found = channels.TryGetValue(account.Id, out WalkedChannel? channel)
                && channel.MayHaveCourt
                    ? channel.Longest
                    : 0;
            account.Longest = UInt128.Max(found, account.LongestSince);
            DisputeUnits += account.DisputeUnits;
        }

        long most = 0;
        foreach (KeyAccount key in _keys.Values)
        {
            most = Math.Max(most, key.InputBytes);
        }

        return most;
    }

    /// <summary>A court may judge an order of so many units.</summary>
    private void Raise(ChannelAccount account, UInt128 units, ServicePolicy policy)
    {
        if (!policy.MayHaveCourt(account.Row.Terms.ClassId))
        {
            return;
        }

        account.LongestSince = UInt128.Max(account.LongestSince, units);
        if (units > account.Longest)
        {
            DisputeUnits -= account.DisputeUnits;
            account.Longest = units;
            DisputeUnits += account.DisputeUnits;
        }
    }

    /// <summary>Whether strangers may dispute a channel's orders; nothing where it is not known.
    /// </summary>
    public void OpenToStrangers(in Bytes32 channel, bool isOpen)
    {
        if (_channels.TryGetValue(channel, out ChannelAccount? account))
        {
            DisputeUnits -= account.DisputeUnits;
            account.IsOpenToStrangers = isOpen;
            DisputeUnits += account.DisputeUnits;
        }
    }

    /// <summary>Removes the input of an order that stays; see PruneAsync.</summary>
    public void FreeInput(in Bytes32 hash, in Bytes32 channel, int bytes, Batch batch)
    {
        OpenOrder? open = Order(hash);
        if (IsPinned(hash) || open is { State: OrderState.Reserved })
        {
            return;
        }

        if (open is not null)
        {
            open.InputBytes = 0;
        }

        AddInput(_channels[channel], -bytes);
        batch.Add(new Change(Table.Inputs, hash.ToArray(), null));
    }

    public void RestoreInput(StoredOrder stored, byte[] input, Batch batch)
    {
        if (Order(stored.Hash) is { } open)
        {
            open.InputBytes = input.Length;
        }

        AddInput(_channels[stored.Order.Channel], input.Length);
        batch.Add(new Change(Table.Inputs, stored.Hash.ToArray(), input));
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
