using System;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace ComputeVoucher.TestKit;

/// <summary>What stands before a node where TLS ends: every connection comes from its one address,
/// and begins with the PROXY header of version 2 (haproxy.org, proxy-protocol.txt, section 2.2).
/// This one carries plain bytes, of one client.</summary>
public sealed class Tunnel : IDisposable
{
    /// <summary>Whence it reaches nodes: of the loopback network, and nobody else's here.</summary>
    public static readonly IPAddress Address = new([127, 0, 2, 1]);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _node;
    private readonly IPAddress _client;

    private Tunnel(IPEndPoint node, IPAddress client)
    {
        (_node, _client) = (node, client);
        _listener.Start();
    }

    /// <summary>Where its client connects to.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <param name="node">Its other end.</param>
    /// <param name="client">Whom it says it speaks for.</param>
    public static Tunnel Start(IPEndPoint node, IPAddress client)
    {
        Tunnel tunnel = new(node, client);
        _ = tunnel.AcceptAsync();
        return tunnel;
    }

    /// <summary>What it writes before the client's first byte.</summary>
    public static byte[] Header(IPAddress client)
    {
        byte[] from = client.GetAddressBytes();
        byte family = (byte)(from.Length == 4 ? 0x11 : 0x21);
        return
        [
            .. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, family, 0, (byte)((2 * from.Length) + 4),
            .. from, .. new byte[from.Length], 0x9C, 0x40, 0x24, 0xB9,
        ];
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptSocketAsync();
                _ = CarryAsync(client);
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // Nobody needs it any more.
        }
    }

    private async Task CarryAsync(Socket client)
    {
        using (client)
        using (Socket node = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true })
        {
            client.NoDelay = true;
            node.Bind(new IPEndPoint(Address, 0));
            await node.ConnectAsync(_node);
            await node.SendAsync(Header(_client));

            // Where one direction ends, both do.
            await Task.WhenAny(CopyAsync(client, node), CopyAsync(node, client));
        }
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        byte[] bytes = new byte[16 << 10];
        try
        {
            while (await from.ReceiveAsync(bytes) is int count and > 0)
            {
                for (int sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(bytes.AsMemory(sent, count - sent));
                }
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Either end left.
        }
    }
}
