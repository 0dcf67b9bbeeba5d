using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace ComputeVoucher.Wire.Internal;

/// <summary>What one address, one network or one payer uses up. The counts are guarded by the
/// address book.</summary>
/// <param name="limits">Of one address.</param>
/// <param name="times">How many addresses it counts for.</param>
internal sealed class Account(WireLimits limits, int times)
{
    internal HeldBudget Held { get; } = new(limits.HeldBytesPerAddressMax);

    internal int ConnectionsMax { get; } =
        (int)Math.Min(limits.ConnectionsMax, (long)limits.ConnectionsPerAddressMax * times);

    internal int TokensMax { get; } = limits.AbuseTokensMax * times;

    /// <summary>Tokens that come back in the time of one.</summary>
    internal int TokensBack => times;

    internal int Connections { get; set; }

    internal int Tokens { get; set; } = limits.AbuseTokensMax * times;

    internal long TokensAt { get; set; }

    /// <summary>The network around it.</summary>
    internal Account? Outer { get; set; }
}

/// <summary>An IPv4 address, or a network of IPv6: a single host commands all of its /64.
/// </summary>
internal readonly record struct AddressKey(UInt128 Bits, int Prefix)
{
    /// <summary>Of IPv4, which has no networks here.</summary>
    private const int Single = 64;

    internal static AddressKey Of(IPAddress address) => Of(address, Single)!.Value;

    /// <summary>An IPv4 address as one, however the socket writes it.</summary>
    internal static IPAddress Plain(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Null for a network of an IPv4 address.</summary>
    internal static AddressKey? Of(IPAddress address, int prefix)
    {
        IPAddress plain = Plain(address);
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        plain.TryWriteBytes(bytes, out _);
        if (plain.AddressFamily == AddressFamily.InterNetworkV6)
        {
            bytes[(prefix / 8)..].Clear();
        }
        else if (prefix == Single)
        {
            // The key of an IPv6 network ends in eight zero bytes: this mark keeps the kinds apart.
            bytes[15] = 4;
        }
        else
        {
            return null;
        }

        return new AddressKey(BinaryPrimitives.ReadUInt128BigEndian(bytes), prefix);
    }
}

/// <summary>A bound on bytes held. Thread safe.</summary>
internal sealed class HeldBudget(long bytesMax)
{
    private long _bytes;

    internal long Bytes => Volatile.Read(ref _bytes);

    /// <summary>
    /// Adds (or with a negative number takes back). False: over the bound, but added.
    /// </summary>
    internal bool Add(long bytes) => Interlocked.Add(ref _bytes, bytes) <= bytesMax || bytes <= 0;
}
