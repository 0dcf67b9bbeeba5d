using System;
using System.Buffers.Binary;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire.Internal;

/// <summary>
/// What a tunnel writes before the client's bytes, so that the node knows whom it speaks for: PROXY
/// protocol (haproxy.org, proxy-protocol.txt), version 1 of section 2.1, which is a line of text
/// and what stunnel sends, or version 2 of section 2.2.
/// </summary>
internal static class ProxyHeader
{
    private const int FixedBytes = 16;

    /// <summary>Addresses and what a tunnel adds to them (the names of a certificate, say).
    /// </summary>
    private const int RestBytesMax = 1024;

    /// <summary>The shortest line of version 1, "PROXY UNKNOWN" and its end: either version has as
    /// many bytes.</summary>
    private const int LineBytesMin = 15;

    /// <summary>The longest line of version 1, its end included (section 2.1).</summary>
    private const int LineBytesMax = 107;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> LineStart => "PROXY "u8;

    private static ReadOnlySpan<byte> LineEnd => "\r\n"u8;

    /// <summary>Reads one, and no byte beyond it.</summary>
    /// <returns>The client's end; null where the tunnel speaks for itself.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    /// <exception cref="IOException">It ended inside.</exception>
    internal static async Task<IPEndPoint?> ReadAsync(Socket socket, CancellationToken cancel)
    {
        byte[] head = new byte[FixedBytes];
        await FillAsync(socket, head.AsMemory(0, LineBytesMin), cancel).ConfigureAwait(false);
        if (head.AsSpan().StartsWith(LineStart))
        {
            return await ReadLineAsync(socket, head.AsMemory(0, LineBytesMin), cancel)
                .ConfigureAwait(false);
        }

        await FillAsync(socket, head.AsMemory(LineBytesMin), cancel).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(FixedBytes - 2));
        if (!head.AsSpan().StartsWith(Signature) || length > RestBytesMax)
        {
            throw new FormatException(
                "no PROXY header of version 1 or 2; let the tunnel send one (stunnel: protocol = "
                + "proxy), or take its address out of wire:proxyFrom");
        }

        byte[] rest = new byte[length];
        await FillAsync(socket, rest, cancel).ConfigureAwait(false);
        return Parse(head[12], head[13], rest);
    }

    /// <summary>Version and command, family and transport, then both addresses and ports.</summary>
    internal static IPEndPoint? Parse(byte command, byte family, ReadOnlySpan<byte> rest)
    {
        const byte local = 0x20;
        const byte proxied = 0x21;
        const byte tcpOver4 = 0x11;
        const byte tcpOver6 = 0x21;
        if (command == local)
        {
            return null;
        }

        int width = family switch { tcpOver4 => 4, tcpOver6 => 16, _ => 0 };
        if (command != proxied || width == 0 || rest.Length < 2 * (width + sizeof(ushort)))
        {
            throw new FormatException("a PROXY header of another command or transport");
        }

        ushort port = BinaryPrimitives.ReadUInt16BigEndian(rest[(2 * width)..]);
        return new IPEndPoint(new IPAddress(rest[..width]), port);
    }

    /// <summary>"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443", its end taken off; of UNKNOWN the
    /// rest is left unread, as the standard says.</summary>
    internal static IPEndPoint? ParseLine(ReadOnlySpan<byte> line)
    {
        string[] words = Encoding.ASCII.GetString(line).Split(' ');
        if (words[1] == "UNKNOWN")
        {
            return null;
        }

        AddressFamily family = words[1] switch
        {
            "TCP4" => AddressFamily.InterNetwork,
            "TCP6" => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unknown,
        };
        if (words.Length == 6
            && TryParse(words[2], family) is { } client && TryParse(words[3], family) is not null
            && TryParsePort(words[4], out ushort port) && TryParsePort(words[5], out _))
        {
            return new IPEndPoint(client, port);
        }

        throw new FormatException("a PROXY line that names no client over TCP4 or TCP6");
    }

    /// <summary>Byte by byte, because what follows it is the client's; a tunnel sends it at once.
    /// </summary>
    private static async Task<IPEndPoint?> ReadLineAsync(
        Socket socket, ReadOnlyMemory<byte> start, CancellationToken cancel)
    {
        byte[] line = new byte[LineBytesMax];
        start.CopyTo(line);
        int length = start.Length;
        while (!line.AsSpan(0, length).EndsWith(LineEnd))
        {
            if (length == LineBytesMax)
            {
                throw new FormatException("a PROXY line without an end");
            }

            await FillAsync(socket, line.AsMemory(length++, 1), cancel).ConfigureAwait(false);
        }

        return ParseLine(line.AsSpan(0, length - LineEnd.Length));
    }

    /// <summary>An address as it is written in full: four numbers, or one with colons.</summary>
    private static IPAddress? TryParse(string text, AddressFamily family) =>
        IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == family
            && !text.Contains('%', StringComparison.Ordinal)
            && (family != AddressFamily.InterNetwork || address.ToString() == text)
            ? address
            : null;

    private static bool TryParsePort(string text, out ushort port) => ushort.TryParse(
        text, NumberStyles.None, CultureInfo.InvariantCulture, out port);

    private static async Task FillAsync(
        Socket socket, Memory<byte> bytes, CancellationToken cancel)
    {
        while (!bytes.IsEmpty)
        {
            int count = await socket
                .ReceiveAsync(bytes, SocketFlags.None, cancel).ConfigureAwait(false);
            bytes = bytes[(count > 0
                ? count
                : throw new IOException("it ended inside its PROXY header"))..];
        }
    }
}
