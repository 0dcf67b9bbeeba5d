using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
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

/// <summary>What one address uses up. The counts are guarded by the address book.</summary>
internal sealed class AddressEntry(AddressKey key, long heldBytesMax, int tokens)
{
    internal AddressKey Key { get; } = key;

    internal HeldBudget Held { get; } = new(heldBytesMax);

    internal int Connections { get; set; }

    internal int Tokens { get; set; } = tokens;

    internal long TokensAt { get; set; }
}

/// <summary>
/// What counts as one address: an IPv4 address, or the /64 of an IPv6 one, because a single host
/// commands all of its /64.
/// </summary>
internal readonly record struct AddressKey(UInt128 Bits)
{
    internal static AddressKey Of(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        plain.TryWriteBytes(bytes, out _);
        if (plain.AddressFamily == AddressFamily.InterNetworkV6)
        {
            bytes[8..].Clear();
        }
        else
        {
            // The key of an IPv6 network ends in eight zero bytes: this mark keeps the kinds apart.
            bytes[15] = 4;
        }

        return new AddressKey(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }
}

/// <summary>A bound on bytes held, for all clients or for one address. Thread safe.</summary>
internal sealed class HeldBudget(long bytesMax)
{
    private long _bytes;

    internal long Bytes => Volatile.Read(ref _bytes);

    /// <summary>
    /// Adds (or with a negative number takes back). False: over the bound, but added.
    /// </summary>
    internal bool Add(long bytes) => Interlocked.Add(ref _bytes, bytes) <= bytesMax || bytes <= 0;
}
