using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;

namespace ComputeVoucher.Wire.Internal;

/// <summary>Connections, bytes and abuse tokens by address. Thread safe.</summary>
internal sealed class AddressBook(WireLimits limits, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AddressKey, AddressEntry> _entries = [];
    private readonly List<AddressKey> _done = [];

    /// <summary>Entries kept: addresses with a connection, bytes held, or tokens missing.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>
    /// Counts a new connection; null when the address has too many or no token left.
    /// </summary>
    internal AddressEntry? Enter(IPAddress address)
    {
        var key = AddressKey.Of(address);
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out AddressEntry? entry))
            {
                entry = new AddressEntry(key, limits.HeldBytesPerAddressMax, limits.AbuseTokensMax);
                _entries.Add(key, entry);
            }

            Refill(entry);
            if (entry.Connections >= limits.ConnectionsPerAddressMax || entry.Tokens == 0)
            {
                return null;
            }

            entry.Connections++;
            return entry;
        }
    }

    internal void Leave(AddressEntry entry)
    {
        lock (_gate)
        {
            entry.Connections--;
        }
    }

    /// <summary>Takes a token for abuse.</summary>
    internal void Punish(AddressEntry entry)
    {
        lock (_gate)
        {
            Refill(entry);
            if (entry.Tokens == limits.AbuseTokensMax)
            {
                entry.TokensAt = time.GetTimestamp();
            }

            entry.Tokens = Math.Max(0, entry.Tokens - 1);
        }
    }

    /// <summary>Forgets addresses that use nothing and owe nothing.</summary>
    internal void Sweep()
    {
        lock (_gate)
        {
            foreach (AddressEntry entry in _entries.Values)
            {
                Refill(entry);
                if (entry.Connections == 0
                    && entry.Held.Bytes == 0
                    && entry.Tokens == limits.AbuseTokensMax)
                {
                    _done.Add(entry.Key);
                }
            }

            foreach (AddressKey key in _done)
            {
                _entries.Remove(key);
            }

            _done.Clear();
        }
    }

    private void Refill(AddressEntry entry)
    {
        if (entry.Tokens == limits.AbuseTokensMax)
        {
            return;
        }

        TimeSpan since = time.GetElapsedTime(entry.TokensAt);
        long back = (long)(since.TotalMilliseconds / limits.AbuseTokenMs);
        if (back > 0)
        {
            entry.Tokens = (int)Math.Min(limits.AbuseTokensMax, entry.Tokens + back);
            entry.TokensAt = time.GetTimestamp();
        }
    }
}
