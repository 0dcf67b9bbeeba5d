using System;
using System.Buffers.Binary;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire.Internal;

/// <summary>
/// What a tunnel writes before the client's bytes, so that the node knows whom it speaks for: PROXY
/// protocol version 2 (haproxy.org, proxy-protocol.txt, section 2.2). Version 1 is text of no fixed
/// length and is not taken.
/// </summary>
internal static class ProxyHeader
{
    private const int FixedBytes = 16;

    /// <summary>Addresses and what a tunnel adds to them (the names of a certificate, say).
    /// </summary>
    private const int RestBytesMax = 1024;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads one, and no byte beyond it.</summary>
    /// <returns>The client's end; null where the tunnel speaks for itself.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    /// <exception cref="IOException">It ended inside.</exception>
    internal static async Task<IPEndPoint?> ReadAsync(Socket socket, CancellationToken cancel)
    {
        byte[] head = new byte[FixedBytes];
        await FillAsync(socket, head, cancel).ConfigureAwait(false);
        int length = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(FixedBytes - 2));
        if (!head.AsSpan().StartsWith(Signature) || length > RestBytesMax)
        {
            throw new FormatException("no PROXY header of version 2");
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

    private static async Task FillAsync(Socket socket, byte[] bytes, CancellationToken cancel)
    {
        for (int at = 0; at < bytes.Length;)
        {
            int count = await socket
                .ReceiveAsync(bytes.AsMemory(at), SocketFlags.None, cancel).ConfigureAwait(false);
            at += count > 0 ? count : throw new IOException("it ended inside its PROXY header");
        }
    }
}
