using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComputeVoucher.Node.Tests;

/// <summary>The operator's socket: private, bounded, one line for one line.</summary>
[Trait("Category", "load")]
public sealed class ControlServerTests : IDisposable
{
    private readonly string _directory =
        Directory.CreateTempSubdirectory("computevoucher-control-").FullName;

    private readonly ManualClock _clock = new();

    private string SocketPath => Path.Combine(_directory, "control.sock");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Question_IsAnsweredAndTheSocketIsTheOwnersAlone()
    {
        using (ControlServer? server = Start())
        {
            Assert.NotNull(server);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite,
                File.GetUnixFileMode(SocketPath));
            JsonElement? answer = await ControlClient.AskAsync(
                _directory, "echo", "\u00e9\n\"", default);
            using JsonDocument asked = JsonDocument.Parse(
                answer!.Value.GetProperty("asked").GetString()!);
            Assert.Equal("echo", asked.RootElement.GetProperty("command").GetString());
            Assert.Equal("\u00e9\n\"", asked.RootElement.GetProperty("argument").GetString());
            NodeException refused = await Assert.ThrowsAsync<NodeException>(
                () => ControlClient.AskAsync(_directory, "fail", "", default));
            Assert.Contains("as told", refused.Message, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(SocketPath));
        Assert.Null(await ControlClient.AskAsync(_directory, "echo", "", default));
    }

    [Fact]
    public async Task Socket_OfAKilledNode_IsNobody()
    {
        using Socket left = new(
            AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        left.Bind(new UnixDomainSocketEndPoint(SocketPath));
        Assert.Null(await ControlClient.AskAsync(_directory, "echo", "", default));
        Assert.False(await ControlClient.IsThereAsync(_directory, default));
    }

    [Fact]
    public async Task Question_WithoutEnd_IsRefused()
    {
        using ControlServer? server = Start();
        string answer = await SendAsync(new string('x', 8 << 10));
        Assert.Contains("at most 8192 bytes", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Question_ThatNeverComes_EndsAtTheDeadline()
    {
        using ControlServer? server = Start();
        Task<string> waits = SendAsync("half");
        await Patience.UntilAsync(() => _clock.Armed >= 1);
        _clock.Advance(6);
        Assert.Equal("", await Patience.WaitAsync(waits));
    }

    [Fact]
    public void Peer_OfAnotherUser_IsNotTrusted()
    {
        Assert.False(new PeerCredential(1, uint.MaxValue - 1).IsTrusted);
        Assert.True(new PeerCredential(1, 0).IsTrusted);
    }

    [Fact]
    public void Path_ThatNoSocketCanHave_IsNoFailure() => Assert.Null(ControlServer.Start(
        "/" + new string('d', 108), (_, _, _) => Task.FromResult(""), _clock,
        NullLogger.Instance));

    private ControlServer? Start() => ControlServer.Start(
        SocketPath,
        (question, _, _) => question.Contains("fail", StringComparison.Ordinal)
            ? throw new NodeException("as told")
            : Task.FromResult(ControlAnswer.Of(json => json.WriteString("asked", question))),
        _clock, NullLogger.Instance);

    private async Task<string> SendAsync(string text)
    {
        using Socket socket = new(
            AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        await socket.SendAsync(Encoding.UTF8.GetBytes(text));
        byte[] answer = new byte[4096];
        try
        {
            int read = await Patience.WaitAsync(socket.ReceiveAsync(answer));
            return Encoding.UTF8.GetString(answer, 0, read);
        }
        catch (SocketException)
        {
            // Closed without an answer.
            return "";
        }
    }
}
