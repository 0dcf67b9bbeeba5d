using System;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComputeVoucher.Node.Tests;

/// <summary>The pages answer whoever may reach them, by any name, and nobody holds them up.
/// </summary>
[Trait("Category", "load")]
public sealed class HealthServerTests
{
    private readonly ManualClock _clock = new();
    private string? _problem;

    [Theory]
    [InlineData("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", "200", "ok\n")]
    [InlineData("GET /health HTTP/1.1\r\nHost: node.example:1\r\n\r\n", "200", "ok\n")]
    [InlineData("GET /ready?full HTTP/1.0\r\n\r\n", "200", "ready\n")]
    [InlineData("GET http://proxy/metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200", "figures\n")]
    [InlineData("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n", "200", "")]
    [InlineData("POST /health HTTP/1.1\r\nHost: x\r\n\r\n", "405", "GET or HEAD\n")]
    [InlineData("GET /secret HTTP/1.1\r\n\r\n", "404", "paths: /health /ready /metrics\n")]
    [InlineData("nonsense\r\n\r\n", "400", "an HTTP/1 request is wanted\n")]
    public async Task Request_OfAnyName_IsAnswered(string request, string status, string body)
    {
        using HealthServer server = Start(IPAddress.Loopback);
        string answer = await AskAsync(server.EndPoint, request);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n" + body, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NotReady_IsA503WithOneLine()
    {
        _problem = "first\nsecond";
        using HealthServer server = Start(IPAddress.IPv6Loopback);
        string answer = await AskAsync(server.EndPoint, "GET /ready HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nfirst second\n", answer, StringComparison.Ordinal);
        Assert.Equal((false, "first second\n"), await HealthPage.AskAsync(
            server.EndPoint, "ready", default));
    }

    [Fact]
    public void AnAddressThatOthersReach_IsOpenedOnPurposeAlone()
    {
        NodeException refused = Assert.Throws<NodeException>(() => Start(IPAddress.Any));
        Assert.Contains("node:healthOpen", refused.Message, StringComparison.Ordinal);
        using HealthServer open = Start(IPAddress.Any, open: true);
        NodeException taken = Assert.Throws<NodeException>(() => HealthServer.Start(
            open.EndPoint, true, () => null, () => "", _clock, NullLogger.Instance));
        Assert.Contains("cannot listen", taken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SlowRequests_EndAtTheDeadlineAndLetOthersThrough()
    {
        using HealthServer server = Start(IPAddress.Loopback);
        Socket[] slow = new Socket[16];
        for (int i = 0; i < slow.Length; i++)
        {
            slow[i] = await ConnectAsync(server.EndPoint);
            await slow[i].SendAsync("GET /hea"u8.ToArray());
        }

        Task<string> waits = AskAsync(server.EndPoint, "GET /health HTTP/1.1\r\n\r\n");
        await Patience.UntilAsync(() => _clock.Armed >= slow.Length);
        _clock.Advance(6);
        Assert.EndsWith("ok\n", await Patience.WaitAsync(waits), StringComparison.Ordinal);
        Array.ForEach(slow, socket => socket.Dispose());
    }

    [Fact]
    public async Task AHeadWithoutEnd_IsBounded()
    {
        using HealthServer server = Start(IPAddress.Loopback);
        string request = "GET /health HTTP/1.1\r\nX: ".PadRight(8 << 10, 'x');
        string answer = await AskAsync(server.EndPoint, request);
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
    }

    private HealthServer Start(IPAddress address, bool open = false) => HealthServer.Start(
        new IPEndPoint(address, 0), open, () => _problem, () => "figures\n", _clock,
        NullLogger.Instance);

    private static async Task<Socket> ConnectAsync(IPEndPoint endpoint)
    {
        Socket socket = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint);
        return socket;
    }

    private static async Task<string> AskAsync(IPEndPoint endpoint, string request)
    {
        using Socket socket = await ConnectAsync(endpoint);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        StringBuilder answer = new();
        byte[] some = new byte[4096];
        for (int read = -1; read != 0;)
        {
            read = await Patience.WaitAsync(socket.ReceiveAsync(some));
            answer.Append(Encoding.UTF8.GetString(some, 0, read));
        }

        return answer.ToString();
    }
}
