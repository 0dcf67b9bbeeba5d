using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire.Tests;

/// <summary>
/// The clause that measures the heap, which belongs to the whole process: it runs alone.
/// </summary>
[Collection("alone")]
[Trait("Category", "load")]
public sealed class IdleMemoryTests
{
    [Fact]
    public async Task Clause7_9_IdleConnectionsHoldNoBuffer()
    {
        await using var node =
            new TestNode(limits: new WireLimits { ConnectionsPerAddressMax = 2000 });
        var open = new List<RawPeer>();
        using var nobody = new Socket(
            AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        nobody.Listen(1000);
        await OpenAsync(200);
        long start = GC.GetTotalMemory(forceFullCollection: true);
        await OpenAsync(800);
        long both = GC.GetTotalMemory(forceFullCollection: true) - start;
        Assert.Equal(0, node.Server.Figures.HeldBytes);

        // Both ends live in this process: what 800 clients alone take is measured and left out.
        start = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 800; i++)
        {
            open.Add(await RawPeer.OpenAsync((IPEndPoint)nobody.LocalEndPoint!));
            await open[^1].SendAsync(Raw.Hello());
        }

        long clients = GC.GetTotalMemory(forceFullCollection: true) - start;
        Assert.InRange((both - clients) / 800, 0, 4096);
        open.ForEach(one => one.Dispose());

        async Task OpenAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                open.Add(await RawPeer.GreetedAsync(node.EndPoint));
            }
        }
    }
}

[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;
