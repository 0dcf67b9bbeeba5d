using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ComputeVoucher.Wire.Internal;

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
